/** Exchanges the one-time code of the address for a session, or finds the session that this browser already has. */
import { ApiError } from './api-error.ts';
import { desktop } from '../desktop/desktop.ts';
import { askApi, setCsrfToken } from './api-client.ts';

interface SessionAnswer {
  readonly csrfToken: string;
}

const codePattern = /^#t=([\w-]+)$/;

/**
 * Resolves to true where this browser may use the host. The code leaves the address at once, so that neither the history nor a
 * copied address holds it.
 */
export async function openSession(): Promise<boolean> {
  // The desktop window shows its own way in with each call.
  if (desktop !== undefined) return true;
  const code = codePattern.exec(location.hash)?.[1];
  if (code !== undefined) {
    history.replaceState(history.state, '', location.pathname + location.search);
    try {
      setCsrfToken((await askApi<SessionAnswer>('POST', '/session', { body: { code } })).csrfToken);
      return true;
    } catch (error) {
      // A used code is no loss where the browser has a session.
      if (!(error instanceof ApiError) || error.status === 0) throw error;
    }
  }
  try {
    setCsrfToken((await askApi<SessionAnswer>('GET', '/session')).csrfToken);
    return true;
  } catch (error) {
    if (error instanceof ApiError && (error.status === 401 || error.status === 403)) return false;
    throw error;
  }
}
