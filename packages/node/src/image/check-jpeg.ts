/**
 * @file What libvips lets pass in a JPEG: it stops reading at the last row, and rows that a damaged
 * file lacks are grey. Pillow goes on to the end of the picture, and refuses what stands there.
 *
 * Source: ITU-T T.81, table B.1; `read_markers` of libjpeg, which refuses the same.
 */

const endOfImage = 0xd9;
const startOfScan = 0xda;

/** Bytes that are data of a scan behind 0xff, and restarts of it. */
const isData = (marker: number) => marker < 2 || (marker >= 0xd0 && marker <= 0xd7);

/** Tables, restart intervals, comments and what applications add. */
const isExtra = (marker: number) =>
  marker === 0xfe ||
  (marker >= 0xe0 && marker <= 0xef) ||
  [0xc4, 0xcc, 0xdb, 0xdc, 0xdd].includes(marker);

const isFrame = (marker: number) => marker >= 0xc0 && marker <= 0xcf && !isExtra(marker);
const isProgressive = (marker: number) => marker === 0xc2 || marker === 0xca;

/** What is damaged behind the beginning of the pixels; undefined where nothing is. */
export function damageOfJpeg(bytes: Uint8Array): string | undefined {
  let scans = 0;
  let components = 0;
  let isSingleScan = false;
  for (let at = bytes.indexOf(0xff, 2); at >= 0; at = bytes.indexOf(0xff, at)) {
    while (bytes[at] === 0xff) at++;
    const marker = bytes[at++] ?? endOfImage;
    if (isData(marker)) continue;
    if (marker === endOfImage) return undefined;
    const isFaulty = marker === startOfScan ? isSingleScan : scans > 0 && !isExtra(marker);
    if (isFaulty) return `marker ${marker.toString(16)} at byte ${at - 1}`;
    if (isFrame(marker)) components = isProgressive(marker) ? Infinity : (bytes[at + 7] ?? 0);
    if (marker === startOfScan) {
      scans++;
      isSingleScan = bytes[at + 2] === components;
    }
    at += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  }
  return undefined; // it ends too early, which libvips sees
}
