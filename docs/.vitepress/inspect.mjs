/** Stands for those of node:util in the page: the library's code there quotes values in messages of errors only. */
export const inspect = String;
export const types = { isNativeError: () => false };
