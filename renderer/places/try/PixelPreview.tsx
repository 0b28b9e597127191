/** What the model sees: its small picture, each pixel as a square. */
import { useEffect, useRef } from 'react';
import styles from './PixelPreview.module.css';

interface PixelPreviewProps {
  readonly width: number;
  readonly height: number;
  /** RGBA bytes, or shares of ink from 0 to 1. */
  readonly rgba?: ArrayLike<number> | undefined;
  readonly ink?: readonly number[] | undefined;
  readonly label: string;
}

export function PixelPreview({ width, height, rgba, ink, label }: PixelPreviewProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current!.getContext('2d')!;
    const image = context.createImageData(width, height);
    if (rgba !== undefined) image.data.set(rgba);
    else {
      for (let pixel = 0; pixel < width * height; pixel += 1) {
        const shade = Math.round((ink?.[pixel] ?? 0) * 255);
        image.data.set([shade, shade, shade, 255], pixel * 4);
      }
    }
    context.putImageData(image, 0, 0);
  }, [width, height, rgba, ink]);
  return <canvas ref={canvas} className={styles.preview} width={width} height={height} role="img" aria-label={label} />;
}
