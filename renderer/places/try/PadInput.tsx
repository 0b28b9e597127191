/** The drawing pad: what is drawn is the request, as it is drawn. */
import { Eraser, Shapes, Undo2 } from 'lucide-react';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { DragEvent, PointerEvent } from 'react';
import type { ImageView } from '../../../server/protocol/admin/recipe-view.ts';
import { Button } from '../../components/Button.tsx';
import { t } from '../../texts/t.ts';
import { rasterize } from '../../try/drawing.ts';
import type { Point, Stroke } from '../../try/drawing.ts';
import type { PictureField } from '../../try/form-model.ts';
import { drawingValues, guessRange, pictureShape } from '../../try/pixels.ts';
import type { PicturePreset } from '../../try/pixels.ts';
import { recipeText } from '../../try/recipe-words.ts';
import type { FieldValue, FileValue } from '../../try/request.ts';
import { PixelPreview } from './PixelPreview.tsx';
import { PresetFields } from './PresetFields.tsx';
import { fileValue, fitPicture, inkFile, openPicture, shapedPicture } from './picture-file.ts';
import styles from './PadInput.module.css';

interface PadInputProps {
  readonly field: PictureField;
  onChange(value: FieldValue | undefined): void;
}

/** Pixels of the pad's own canvas. */
const padPixels = 480;
/** The pen, as a share of the pad: as thick as handwriting is in the models' pictures. */
const penWidth = 0.075;

export function PadInput({ field, onChange }: PadInputProps) {
  const { width, height, example, recipe } = field;
  const [strokes, setStrokes] = useState<readonly Stroke[]>([]);
  /** Shares of ink that were not drawn: the example, or a dropped picture. */
  const [given, setGiven] = useState<readonly number[]>();
  const [preset, setPreset] = useState<PicturePreset>(() => ({ range: guessRange(field), isInverted: false }));
  /** A dropped file, where the host makes the numbers. */
  const [dropped, setDropped] = useState<FileValue>();
  const ink = useMemo(
    () => given ?? (strokes.length === 0 ? undefined : rasterize(strokes, height, width, true)),
    [given, strokes, height, width],
  );
  useEffect(() => {
    if (ink === undefined) {
      onChange(undefined);
      return undefined;
    }
    if (recipe !== undefined) {
      if (dropped !== undefined) {
        onChange(dropped);
        return undefined;
      }
      let isOld = false;
      void inkFile(ink, width, height, isDarkOnLight(recipe)).then((file) => {
        if (!isOld) onChange(file);
      });
      return () => {
        isOld = true;
      };
    }
    const inner = pictureShape(field, height, width);
    onChange({ shape: [1, ...inner], elements: drawingValues(ink, field, preset) });
    return undefined;
    // `onChange` is new each time.
  }, [ink, preset, field, dropped]); // oxlint-disable-line react-hooks/exhaustive-deps

  const clear = (): void => {
    setStrokes([]);
    setGiven(undefined);
    setDropped(undefined);
  };
  const onDrop = (event: DragEvent): void => {
    event.preventDefault();
    event.stopPropagation();
    const file = event.dataTransfer.files[0];
    if (file === undefined) return;
    if (recipe !== undefined) {
      Promise.all([openPicture(file), fileValue(file)]).then(([bitmap, value]) => {
        setGiven(inkOfRecipe(shapedPicture(bitmap, recipe).rgba, recipe));
        setDropped(value);
      }, ignoreFile);
      return;
    }
    openPicture(file).then(
      (bitmap) => setGiven(inkOf(fitPicture(bitmap, width, height, 'crop', false).rgba)),
      ignoreFile,
    );
  };
  return (
    <div className={styles.pad}>
      <div className={styles.board} onDragOver={(event) => event.preventDefault()} onDrop={onDrop}>
        <PadCanvas
          label={t('pad.label', { name: field.name })}
          strokes={strokes}
          isCovered={given !== undefined}
          onStart={(point) => {
            setGiven(undefined);
            setDropped(undefined);
            setStrokes((before) => [...before, [point]]);
          }}
          onMove={(point) =>
            setStrokes((before) => before.map((stroke, at) => (at === before.length - 1 ? [...stroke, point] : stroke)))
          }
        />
        {ink === undefined && (
          <p className={styles.hint} aria-hidden="true">
            {t('pad.hint')}
          </p>
        )}
        {given !== undefined && (
          <div className={styles.given}>
            <PixelPreview width={width} height={height} ink={given} label={t('pad.seen')} />
          </div>
        )}
      </div>
      <div className={styles.side}>
        <div>
          <p className={styles.caption}>{t('pad.seen')}</p>
          <PixelPreview width={width} height={height} ink={ink} label={t('pad.seen')} />
        </div>
        {recipe === undefined && <PresetFields field={field} preset={preset} onChange={setPreset} />}
      </div>
      <div className={styles.tools}>
        <Button icon={<Eraser aria-hidden="true" />} onClick={clear} disabled={ink === undefined}>
          {t('pad.clear')}
        </Button>
        <Button
          icon={<Undo2 aria-hidden="true" />}
          onClick={() => setStrokes(strokes.slice(0, -1))}
          disabled={strokes.length === 0}
        >
          {t('pad.undo')}
        </Button>
        {example !== undefined && (
          <Button
            icon={<Shapes aria-hidden="true" />}
            onClick={() => {
              setStrokes([]);
              setDropped(undefined);
              setGiven(exampleInk(example));
            }}
          >
            {t('pad.example')}
          </Button>
        )}
        <p className={styles.note}>{t('pad.dropHint')}</p>
      </div>
      {recipe !== undefined && <p className={styles.recipe}>{recipeText(recipe)}</p>}
    </div>
  );
}

/** Not a picture: the pad stays as it is, and says what it takes. */
function ignoreFile(): void {}

/** Whether ink is dark on light paper in the pictures that the recipe is for: white becomes the lower number. */
function isDarkOnLight({ range: [black, white] }: ImageView): boolean {
  return black > white;
}

/** What of a picture is ink to the model. */
function inkOfRecipe(rgba: ArrayLike<number>, recipe: ImageView): number[] {
  return Array.from({ length: rgba.length / 4 }, (_, pixel) => {
    const shade = rgba[pixel * 4]! / 255;
    return isDarkOnLight(recipe) ? 1 - shade : shade;
  });
}

/** The model's own example as shares of ink. */
function exampleInk(example: readonly number[]): number[] {
  const top = Math.max(...example, 1);
  return example.map((value) => Math.max(0, value / top));
}

/** A dropped picture as ink: dark on light where its border is light. */
function inkOf(rgba: ArrayLike<number>): number[] {
  const shades = Array.from(
    { length: rgba.length / 4 },
    (_, pixel) => (0.299 * rgba[pixel * 4]! + 0.587 * rgba[pixel * 4 + 1]! + 0.114 * rgba[pixel * 4 + 2]!) / 255,
  );
  const isLight = (shades[0]! + shades.at(-1)!) / 2 > 0.5;
  return isLight ? shades.map((shade) => 1 - shade) : shades;
}

interface PadCanvasProps {
  readonly label: string;
  readonly strokes: readonly Stroke[];
  readonly isCovered: boolean;
  onStart(point: Point): void;
  onMove(point: Point): void;
}

function PadCanvas({ label, strokes, isCovered, onStart, onMove }: PadCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const isDrawing = useRef(false);
  useEffect(() => {
    const element = canvas.current!;
    const context = element.getContext('2d')!;
    context.clearRect(0, 0, padPixels, padPixels);
    context.strokeStyle = getComputedStyle(element).color;
    context.lineWidth = penWidth * padPixels;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    for (const stroke of strokes) {
      context.beginPath();
      for (const [at, { x, y }] of stroke.entries()) {
        if (at === 0) context.moveTo(x * padPixels, y * padPixels);
        context.lineTo(x * padPixels, y * padPixels);
      }
      context.stroke();
    }
  }, [strokes]);
  const pointOf = (event: PointerEvent): Point => {
    const box = canvas.current!.getBoundingClientRect();
    return { x: (event.clientX - box.left) / box.width, y: (event.clientY - box.top) / box.height };
  };
  return (
    <canvas
      ref={canvas}
      className={styles.canvas}
      width={padPixels}
      height={padPixels}
      role="img"
      aria-label={`${label}. ${t('pad.keyboard')}`}
      hidden={isCovered}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        isDrawing.current = true;
        onStart(pointOf(event));
      }}
      onPointerMove={(event) => {
        if (isDrawing.current) onMove(pointOf(event));
      }}
      onPointerUp={() => {
        isDrawing.current = false;
      }}
      onPointerCancel={() => {
        isDrawing.current = false;
      }}
    />
  );
}
