/** A window with what the camera sees, and the button that takes the picture. The camera is off as soon as it closes. */
import { Camera } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { Button } from '../../components/Button.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { Notice } from '../../components/Notice.tsx';
import { t } from '../../texts/t.ts';
import { closeCamera, openCamera, takePhoto } from './camera.ts';
import styles from './CameraDialog.module.css';

interface CameraDialogProps {
  readonly isOpen: boolean;
  onClose(): void;
  onPhoto(file: File): void;
}

export function CameraDialog({ isOpen, onClose, onPhoto }: CameraDialogProps) {
  return (
    <Dialog title={t('camera.title')} isOpen={isOpen} onClose={onClose}>
      <CameraView onPhoto={onPhoto} />
    </Dialog>
  );
}

function CameraView({ onPhoto }: Pick<CameraDialogProps, 'onPhoto'>) {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<'opening' | 'shown' | 'refused'>('opening');
  useEffect(() => {
    let stream: MediaStream | undefined;
    let isGone = false;
    openCamera().then(
      (opened) => {
        stream = opened;
        if (isGone) closeCamera(stream);
        else video.current!.srcObject = opened;
      },
      () => setState('refused'),
    );
    return () => {
      isGone = true;
      closeCamera(stream);
    };
  }, []);
  if (state === 'refused') {
    return (
      <Notice tone="attention" title={t('camera.refused')}>
        {t('camera.refusedHint')}
      </Notice>
    );
  }
  return (
    <div className={styles.camera}>
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- a camera says nothing */}
      <video ref={video} autoPlay muted playsInline aria-label={t('camera.view')} onPlaying={() => setState('shown')} />
      <Button
        look="primary"
        icon={<Camera aria-hidden="true" />}
        disabled={state !== 'shown'}
        onClick={() => void takePhoto(video.current!).then(onPhoto)}
      >
        {state === 'shown' ? t('camera.take') : t('camera.opening')}
      </Button>
    </div>
  );
}
