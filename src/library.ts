/** The door of `rtfs/library`: the code of the standard library, for kernels whose archives of code do not hold what they need of it. */
export { IMAGE_TEXT as LIBRARY_IMAGE_TEXT } from './library/image.ts';
