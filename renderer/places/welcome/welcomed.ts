/** Whether this browser has seen the first steps. */

const key = 'millrace.welcomed';

/** True where storage is forbidden: the steps would come each time. */
export function isWelcomed(): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return true;
  }
}

export function setWelcomed(): void {
  try {
    localStorage.setItem(key, '1');
  } catch {
    // Nothing to keep it in; isWelcomed says the same.
  }
}
