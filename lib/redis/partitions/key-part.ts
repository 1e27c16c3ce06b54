/**
 * An id as a part of a key. Ids may be any string: a brace would end the hash tag, a colon the part, and UTF-8 has the same
 * replacement character for every half of a surrogate pair.
 */
export function keyPart(text: string): string {
  return text.replace(/[%:{}]|\p{Surrogate}/gu, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
}
