export async function docCommand(..._: unknown[]): Promise<0> { return 0; }
