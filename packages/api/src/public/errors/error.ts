/** Error codes with status and text; `{0}` stands for the first of the error's parameters. */
export type PublicErrors = { readonly [code: string]: readonly [status: number, detail: string] }
