/** False where the GUI could not be built. */
export function buildGui(): boolean;
