export async function replCommand(..._: unknown[]): Promise<0> { return 0; }
