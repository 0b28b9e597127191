/** A model dropped anywhere on the page is an import; without this the browser would leave the page and show the file. */
import { useEffect } from 'react';
import { useLocation } from 'wouter';
import { chooseFile } from './import-store.ts';

export function FileDrop() {
  const [, navigate] = useLocation();
  useEffect(() => {
    const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true;
    const onDragOver = (event: DragEvent): void => {
      if (hasFiles(event)) event.preventDefault();
    };
    const onDrop = (event: DragEvent): void => {
      // A field that takes files has had it already.
      if (event.defaultPrevented || !hasFiles(event)) return;
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file === undefined) return;
      chooseFile(file);
      navigate('/models/import');
    };
    document.addEventListener('dragover', onDragOver);
    document.addEventListener('drop', onDrop);
    return () => {
      document.removeEventListener('dragover', onDragOver);
      document.removeEventListener('drop', onDrop);
    };
  }, [navigate]);
  return null;
}
