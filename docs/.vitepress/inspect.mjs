/** Stands for that of node:util in the page: the library's code there quotes values in messages of errors only. */
export const inspect = String;
