/**
 * @file Draws examples/lemon.png, the picture that the README classifies. It is a drawing, no photo.
 */
import sharp from "sharp";
import { repositoryFile } from "../test/helpers/paths.js";

const drawing = `<svg xmlns="http://www.w3.org/2000/svg" width="400" height="320">
<defs>
<radialGradient id="peel" cx="40%" cy="32%" r="75%">
<stop offset="0" stop-color="#fff6a8"/><stop offset="0.45" stop-color="#f6d938"/>
<stop offset="1" stop-color="#b98a12"/>
</radialGradient>
<radialGradient id="shade"><stop offset="0" stop-color="#000" stop-opacity="0.35"/>
<stop offset="1" stop-color="#000" stop-opacity="0"/></radialGradient>
</defs>
<rect width="400" height="320" fill="#e9e4da"/><rect y="215" width="400" height="105" fill="#cfc4b2"/>
<ellipse cx="205" cy="262" rx="140" ry="22" fill="url(#shade)"/>
<path d="M62 165C80 158 88 138 112 108C150 62 250 58 296 110C318 136 326 158 344 166C326 178 318 196 296 220C250 268 150 262 112 218C88 190 82 176 62 165Z" fill="url(#peel)"/>
<path d="M300 112C320 84 352 78 372 88C358 112 330 122 304 120Z" fill="#4f8a3c"/>
</svg>`;

await sharp(Buffer.from(drawing))
  .png({ compressionLevel: 9 })
  .toFile(repositoryFile("examples/lemon.png"));
