/** Saves a text that this page made as a file. */
export function saveFile(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has taken the address by the next turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
