/** What a model found in a picture: boxes over it, and the same as a list. */
import { useEffect, useRef } from 'react';
import { shareText } from '../../format/format.ts';
import { t } from '../../texts/t.ts';
import type { FoundBox, Size } from '../../try/answer.ts';
import styles from './BoxesView.module.css';

interface BoxesViewProps {
  readonly boxes: readonly FoundBox[];
  /** Of the picture that the boxes are in. */
  readonly size: Size | undefined;
  /** The picture that was sent, where there is one. */
  readonly picture: Blob | undefined;
}

export function BoxesView({ boxes, size, picture }: BoxesViewProps) {
  return (
    <div className={styles.boxes}>
      <p className={styles.headline}>{t('answer.found', { count: boxes.length })}</p>
      {size !== undefined && picture !== undefined && <BoxPicture boxes={boxes} size={size} picture={picture} />}
      {boxes.length > 0 && (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('answer.result')}</th>
              <th scope="col">{t('answer.score')}</th>
              <th scope="col">{t('answer.place')}</th>
            </tr>
          </thead>
          <tbody translate="no">
            {boxes.map(({ label, score, box }, index) => (
              // oxlint-disable-next-line react/no-array-index-key -- boxes have no name but their place
              <tr key={index}>
                <td className={styles.label}>{label}</td>
                <td>{shareText(score)}</td>
                <td>
                  {Math.round(box.x)}, {Math.round(box.y)}, {Math.round(box.width)} × {Math.round(box.height)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

/** Pixels of the canvas across. */
const leastWidth = 640;

function BoxPicture({
  boxes,
  size,
  picture,
}: {
  readonly boxes: readonly FoundBox[];
  readonly size: Size;
  readonly picture: Blob;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  // Lines and words of a small picture would be larger than it.
  const zoom = Math.max(1, Math.ceil(leastWidth / size.width));
  useEffect(() => {
    let isOld = false;
    const element = canvas.current!;
    void createImageBitmap(picture).then((bitmap) => {
      if (isOld) return;
      const context = element.getContext('2d')!;
      const style = getComputedStyle(element);
      const line = Math.max(3, Math.round(element.width / 200));
      context.drawImage(bitmap, 0, 0, element.width, element.height);
      context.lineWidth = line;
      context.strokeStyle = style.color;
      context.font = `600 ${line * 7}px ${style.fontFamily}`;
      context.textBaseline = 'bottom';
      for (const { label, box } of boxes) {
        const [x, y] = [box.x * zoom, box.y * zoom];
        context.strokeRect(x, y, box.width * zoom, box.height * zoom);
        const width = context.measureText(label).width + line * 4;
        const left = Math.max(0, Math.min(element.width - width, x - line / 2));
        const top = Math.max(line * 9, y);
        context.fillStyle = style.color;
        context.fillRect(left, top - line * 9, width, line * 9);
        context.fillStyle = style.backgroundColor;
        context.fillText(label, left + line * 2, top - line / 2);
      }
    });
    return () => {
      isOld = true;
    };
  }, [boxes, picture, zoom]);
  return (
    <canvas
      ref={canvas}
      className={styles.picture}
      width={Math.round(size.width * zoom)}
      height={Math.round(size.height * zoom)}
      role="img"
      aria-label={t('answer.boxes', { count: boxes.length })}
    />
  );
}
