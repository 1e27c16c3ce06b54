/**
 * Ids may be any text: a brace would end the hash tag, a colon the part of the key, and half a surrogate pair would be
 * written as any other half is.
 */
export function keyPart(text: string): string {
  return text.replace(/[%:{}]|\p{Surrogate}/gu, (mark) => `%${mark.charCodeAt(0).toString(16)}`);
}
