/** The camera of the machine that shows the page: a stream to look at, and a photo of it. */

/** False where the browser gives none to this page: it does on this machine and over https. */
export function hasCamera(): boolean {
  // The types promise it; a page from elsewhere over http has none.
  return (navigator.mediaDevices as MediaDevices | undefined)?.getUserMedia !== undefined;
}

/** The camera on the back of a tablet where there are two. Throws where a person or the system says no. */
export function openCamera(): Promise<MediaStream> {
  return navigator.mediaDevices.getUserMedia({
    video: { facingMode: 'environment', width: { ideal: 1280 } },
    audio: false,
  });
}

export function closeCamera(stream: MediaStream | undefined): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** What the camera shows now, as a JPEG. Throws where it shows nothing yet. */
export async function takePhoto(video: HTMLVideoElement): Promise<File> {
  const canvas = document.createElement('canvas');
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext('2d')!.drawImage(video, 0, 0);
  const photo = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', 0.92));
  if (photo === null) throw new Error('The camera shows nothing.');
  return new File([photo], 'photo.jpg', { type: 'image/jpeg' });
}
