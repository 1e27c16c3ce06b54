/** Ids may be any text: a brace would end the hash tag, and a colon the part of the key. */
export function keyPart(text: string): string {
  return text.replace(/[%:{}]/g, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
}
