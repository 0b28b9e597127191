/** Goes where the desktop window wants: to the place of a link, and to the import when a model file was opened with Millrace. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { chooseOpened } from '../places/models/import-store.ts';
import { desktop } from './desktop.ts';

export function DesktopLinks() {
  const [, navigate] = useLocation();
  useEffect(() => {
    if (desktop === undefined) return undefined;
    const take = async (): Promise<void> => {
      const opened = await desktop?.takeOpened();
      if (opened === undefined) return;
      chooseOpened(opened);
      navigate('/models/import');
    };
    const leavePlaces = desktop.onNavigate((place) => navigate(place));
    const leaveFiles = desktop.onOpened(() => void take());
    void take();
    return () => {
      leavePlaces();
      leaveFiles();
    };
  }, [navigate]);
  return null;
}
