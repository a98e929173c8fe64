/**
 * @file Draws the pictures in examples/: drawings, no photos, by this script alone.
 *
 * What lies in a shop lies in heaps: one shape in many sizes and turns, back rows first. Garments lie
 * on a wooden floor, a bottle on white paper, as in the photos that the model everyday learned from.
 */

import { createRandom, type Random } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { repositoryFile } from "@inception-resnet-v2/test/helpers/paths.js";
import sharp from "sharp";

const [width, height] = [360, 288];

/** Draws one thing around 0,0, some 100 units wide, from a light of its own. */
type Thing = (random: Random) => string;

const between = (random: Random, low: number, high: number) =>
  low + (high - low) * random.uniform();

/** A gradient as of a ball lit from above left; `id` is how shapes refer to it. */
function shine(id: string, light: string, middle: string, dark: string): string {
  return `<radialGradient id="${id}" cx="38%" cy="30%" r="78%"><stop offset="0" stop-color="${light}"/><stop offset="0.5" stop-color="${middle}"/><stop offset="1" stop-color="${dark}"/></radialGradient>`;
}

function ball(fill: string, mark: string): Thing {
  return (random) => {
    const squash = between(random, 0.92, 1);
    return `<ellipse rx="50" ry="${50 * squash}" fill="url(#${fill})"/><ellipse cx="-16" cy="-22" rx="11" ry="7" fill="#fff" opacity="0.35"/>${mark}`;
  };
}

const lemon: Thing = () =>
  '<path d="M-60 2C-50 -2 -46 -12 -36 -22C-16 -42 18 -42 38 -22C46 -13 50 -4 60 0C52 6 46 13 38 22C18 42 -16 42 -36 22C-46 12 -50 6 -60 2Z" fill="url(#lemon)"/><ellipse cx="-12" cy="-16" rx="14" ry="7" fill="#fff" opacity="0.4"/>';

/** A hand of bananas that hang from one stem. */
const bananas: Thing = (random) => {
  const fingers = [-34, -17, 0, 17, 34].map(
    (turn) =>
      `<g transform="rotate(${turn + between(random, -4, 4)} 0 -60)"><path d="M-7 -62C-26 -20 -22 28 10 58C16 62 22 58 20 52C6 22 4 -16 9 -60Z" fill="url(#banana)" stroke="#8a6d12" stroke-width="1.5"/><path d="M-2 -56C-12 -16 -8 24 15 55" fill="none" stroke="#b8931c" stroke-width="2" opacity="0.7"/><path d="M10 58C16 62 22 58 20 52L15 51Z" fill="#4a3a10"/></g>`,
  );
  return `${fingers.join("")}<path d="M-9 -70L9 -70L12 -52L-12 -52Z" fill="#8f8a2a"/>`;
};

const carrot: Thing = (random) => {
  const rings = [-50, -34, -18, 2, 20, 38].map((x) => {
    const half = 15 - 0.13 * (x + 60);
    const from = between(random, -half, 0);
    return `<path d="M${x} ${from}q3 ${half / 2} 0 ${half}" fill="none" stroke="#b4500c" stroke-width="1.6"/>`;
  });
  return `<path d="M-68 -10C-66 -18 -56 -18 -40 -16C0 -12 50 -7 84 -1C88 0 88 2 84 3C50 8 0 13 -40 17C-56 18 -66 16 -68 8Z" fill="url(#carrot)"/><ellipse cx="-67" cy="-1" rx="4" ry="9" fill="#7a8a2c"/>${rings.join("")}`;
};

const calyx =
  '<g transform="translate(6 -18) scale(1 0.7)" fill="#3e7a2a"><path d="M0 0L-4 -24L4 -24Z"/><path d="M0 0L22 -10L20 -2Z"/><path d="M0 0L16 18L8 20Z"/><path d="M0 0L-16 18L-20 12Z"/><path d="M0 0L-22 -10L-16 -14Z"/></g>';

const navel = '<circle cx="14" cy="8" r="4" fill="#8a5a10" opacity="0.7"/>';

/** Things on top of each other in a crate, the back rows smaller and darker. */
function heap(thing: Thing, seed: string, size: number, turn: number, ground: string): string {
  const random = createRandom(1, seed);
  const rows: string[] = [];
  for (let y = -0.3 * size; y < height + 0.6 * size; y += 0.52 * size) {
    const scale = (size / 100) * (0.75 + (0.35 * y) / height);
    for (let x = between(random, -0.9, 0) * size; x < width + size; x += 0.82 * size) {
      const at = `translate(${x + between(random, -8, 8)} ${y + between(random, -8, 8)})`;
      const angle = between(random, -turn, turn);
      rows.push(
        `<g transform="${at} rotate(${angle}) scale(${scale * between(random, 0.9, 1.1)})"><ellipse cy="14" rx="52" ry="46" fill="#000" opacity="0.22"/>${thing(random)}</g>`,
      );
    }
  }
  return `<rect width="100%" height="100%" fill="${ground}"/>${rows.join("")}<rect width="100%" height="100%" fill="url(#shade)"/>`;
}

/** Planks with a grain. */
function floor(seed: string, light: string, dark: string): string {
  const random = createRandom(2, seed);
  const planks: string[] = [];
  for (let x = 0; x < width; x += 45) {
    planks.push(
      `<rect x="${x}" width="45" height="${height}" fill="${light}"/><rect x="${x}" width="45" height="${height}" fill="${dark}" opacity="${between(random, 0, 0.35)}"/><rect x="${x}" width="1.5" height="${height}" fill="#000" opacity="0.4"/>`,
    );
    for (let line = 0; line < 9; line++) {
      const at = x + between(random, 2, 43);
      planks.push(
        `<path d="M${at} 0C${at + 3} 90 ${at - 3} 190 ${at + between(random, -3, 3)} ${height}" fill="none" stroke="${dark}" stroke-width="0.8" opacity="0.5"/>`,
      );
    }
  }
  return planks.join("");
}

/** Soft folds of cloth: dark and light strokes out of focus. */
function folds(paths: readonly string[]): string {
  return paths
    .map(
      (path, at) =>
        `<path d="${path}" fill="none" stroke="${at % 2 ? "#fff" : "#000"}" stroke-width="5" opacity="0.22" filter="url(#soft)"/>`,
    )
    .join("");
}

const shirt = `${floor("shirt", "#c99a62", "#8d5f30")}
<g transform="translate(180 146)"><path d="M-40 -112L-98 -84L-136 -30L-98 -6L-78 -34L-80 118C-30 124 34 124 82 118L78 -34L98 -6L136 -30L98 -84L40 -112C22 -94 -22 -94 -40 -112Z" fill="#000" opacity="0.3" transform="translate(5 6)" filter="url(#soft)"/>
<path d="M-40 -112L-98 -84L-136 -30L-98 -6L-78 -34L-80 118C-30 124 34 124 82 118L78 -34L98 -6L136 -30L98 -84L40 -112C22 -94 -22 -94 -40 -112Z" fill="url(#cloth)"/>
<path d="M-40 -112C-22 -94 22 -94 40 -112C30 -106 -30 -106 -40 -112Z" fill="#16335c"/>
<path d="M-43 -110C-24 -84 24 -84 43 -110" fill="none" stroke="#2a4f86" stroke-width="6"/>
${folds(["M-60 -60C-50 0 -62 60 -54 112", "M-20 -40C-10 20 -24 70 -16 116", "M54 -50C44 0 58 60 48 112", "M22 -30C30 30 14 70 22 114", "M-100 -70C-92 -54 -90 -40 -96 -22"])}</g>`;

const trousers = `${floor("trousers", "#b98a58", "#7c5228")}
<g transform="translate(180 144)"><path d="M-50 -134L50 -134L70 126L18 130L0 -40L-18 130L-70 126Z" fill="#000" opacity="0.35" transform="translate(5 6)" filter="url(#soft)"/>
<path d="M-50 -134L50 -134L70 126L18 130L2 -44L-2 -44L-18 130L-70 126Z" fill="url(#denim)"/>
<path d="M-50 -134L50 -134L52 -118L-52 -118Z" fill="#22406e"/><path d="M0 -118L0 -60C8 -64 12 -74 12 -90L12 -118" fill="none" stroke="#c9a04a" stroke-width="1.4"/>
<path d="M-50 -114C-44 -96 -34 -92 -24 -92L-22 -118M50 -114C44 -96 34 -92 24 -92L22 -118" fill="none" stroke="#c9a04a" stroke-width="1.4"/>
<circle cx="0" cy="-126" r="4" fill="#c8b070"/>
<path d="M-57 -60C-62 10 -66 60 -68 120M57 -60C62 10 66 60 68 120" fill="none" stroke="#16305a" stroke-width="2"/>
${folds(["M-30 -70C-40 -10 -36 60 -46 120", "M-36 -40C-40 20 -44 70 -50 120", "M30 -70C40 -10 36 60 46 120", "M36 -30C40 20 44 70 50 120"])}</g>`;

const bottle = `<rect width="100%" height="100%" fill="#d9d8d4"/><rect width="100%" height="100%" fill="url(#paper)"/>
<g transform="translate(180 146) rotate(58) scale(1.2)"><path d="M-13 -138L13 -138L14 -70C20 -52 40 -44 40 -14L40 124C40 134 34 138 0 138C-34 138 -40 134 -40 124L-40 -14C-40 -44 -20 -52 -14 -70Z" fill="#000" opacity="0.35" transform="translate(-4 12)" filter="url(#soft)"/>
<path d="M-13 -138L13 -138L14 -70C20 -52 40 -44 40 -14L40 124C40 134 34 138 0 138C-34 138 -40 134 -40 124L-40 -14C-40 -44 -20 -52 -14 -70Z" fill="url(#glass)"/>
<rect x="-15" y="-140" width="30" height="16" rx="3" fill="#1d4a22"/>
<path d="M-28 -6L-28 118" stroke="#e8ffe4" stroke-width="7" opacity="0.55" filter="url(#soft)"/><path d="M24 -10L24 120" stroke="#0d2a10" stroke-width="8" opacity="0.5" filter="url(#soft)"/>
<path d="M-8 -128L-8 -70" stroke="#e8ffe4" stroke-width="4" opacity="0.6"/></g>`;

const drawings: Readonly<Record<string, string>> = {
  orange: heap(ball("orange", navel), "orange", 130, 180, "#c8c0b0"),
  lemon: heap(lemon, "lemon", 70, 180, "#4a4326"),
  banana: heap(bananas, "b3", 120, 180, "#15120c"),
  carrot: heap(carrot, "c2", 100, 90, "#2a1a10"),
  tomato: heap(ball("tomato", calyx), "tomato", 66, 60, "#2a1210"),
  "t-shirt": shirt,
  trousers,
  bottle,
};

const definitions = `<defs>${shine("orange", "#ffc23d", "#f58a12", "#a84f04")}${shine("lemon", "#fff27a", "#efcf2b", "#a88a12")}${shine("banana", "#f6ea70", "#e0d030", "#8a9a18")}${shine("carrot", "#ffa04a", "#ee7a1e", "#a8480a")}${shine("tomato", "#ff6a4a", "#d92a1c", "#7a0e0a")}
<radialGradient id="shade" cx="50%" cy="45%" r="75%"><stop offset="0.5" stop-color="#000" stop-opacity="0"/><stop offset="1" stop-color="#000" stop-opacity="0.45"/></radialGradient>
<radialGradient id="paper" cx="40%" cy="40%" r="80%"><stop offset="0" stop-color="#fff" stop-opacity="0.6"/><stop offset="1" stop-color="#9a948c" stop-opacity="0.5"/></radialGradient>
<linearGradient id="cloth" x1="0" x2="1" y2="1"><stop offset="0" stop-color="#3c6cae"/><stop offset="1" stop-color="#234a84"/></linearGradient>
<linearGradient id="denim" x1="0" x2="1"><stop offset="0" stop-color="#2c4c80"/><stop offset="0.28" stop-color="#5c82b8"/><stop offset="0.5" stop-color="#2c4c80"/><stop offset="0.72" stop-color="#5c82b8"/><stop offset="1" stop-color="#2c4c80"/></linearGradient>
<linearGradient id="glass" x1="0" x2="1"><stop offset="0" stop-color="#1f5a26"/><stop offset="0.3" stop-color="#58a85c"/><stop offset="0.7" stop-color="#2f7a38"/><stop offset="1" stop-color="#143c18"/></linearGradient>
<filter id="soft"><feGaussianBlur stdDeviation="4"/></filter></defs>`;

for (const [name, drawing] of Object.entries(drawings)) {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${definitions}${drawing}</svg>`;
  await sharp(Buffer.from(svg))
    .png({ compressionLevel: 9, palette: true, colours: 192 })
    .toFile(repositoryFile(`examples/${name}.png`));
}
