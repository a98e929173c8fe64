/**
 * @file Photos of iPhones (HEIC), with the optional package libheif-js: HEVC is patented, so that
 * neither sharp nor this package brings a decoder along. Turned as the file says; damage inside of
 * the compressed pixels is not always noticed.
 */
import { createRequire } from "node:module";
import { InputError } from "@inception-resnet-v2/core/internal/errors.js";
import type { RawPixels } from "@inception-resnet-v2/core/internal/image/pixels.js";
import type { CheckSize } from "./limits.js";

/** What is used of libheif-js; its class `HeifDecoder` writes to the console. */
interface Libheif {
  readonly heif_colorspace: { readonly heif_colorspace_RGB: unknown };
  readonly heif_chroma: { readonly heif_chroma_interleaved_RGBA: unknown };
  heif_context_alloc(): object;
  heif_context_free(context: object): void;
  heif_context_read_from_memory(context: object, bytes: Uint8Array): Answer;
  heif_js_context_get_primary_image_handle(context: object): Answer;
  heif_image_handle_get_width(handle: object): number;
  heif_image_handle_get_height(handle: object): number;
  heif_image_handle_release(handle: object): void;
  heif_js_decode_image2(handle: object, space: unknown, chroma: unknown): Answer & Decoded;
  heif_image_release(image: object): void;
}

/** A thing, or an error where there is a code above 0. */
interface Answer {
  readonly code?: { readonly value: number };
  readonly message?: string;
}

interface Decoded {
  readonly image: object;
  readonly channels: readonly {
    readonly width: number;
    readonly height: number;
    readonly stride: number;
    readonly data: Uint8Array;
  }[];
}

/** RGBA of the primary image. Throws an error with the reason when it cannot be decoded. */
export function decodeHeic(bytes: Uint8Array, name: string, checkSize: CheckSize): RawPixels {
  const heif = loadLibheif(name);
  const context = heif.heif_context_alloc();
  try {
    check(heif.heif_context_read_from_memory(context, bytes));
    const handle = check(heif.heif_js_context_get_primary_image_handle(context));
    try {
      checkSize(
        heif.heif_image_handle_get_width(handle),
        heif.heif_image_handle_get_height(handle),
      );
      return toRgba(heif, handle);
    } finally {
      heif.heif_image_handle_release(handle);
    }
  } finally {
    heif.heif_context_free(context);
  }
}

function toRgba(heif: Libheif, handle: object): RawPixels {
  const { heif_colorspace_RGB: rgb } = heif.heif_colorspace;
  const { heif_chroma_interleaved_RGBA: rgba } = heif.heif_chroma;
  const { image, channels } = check(heif.heif_js_decode_image2(handle, rgb, rgba));
  try {
    const [plane] = channels;
    if (!plane) throw new Error("no pixels");
    const { width, height, stride } = plane;
    const data = new Uint8Array(4 * width * height);
    for (let row = 0; row < height; row++) {
      data.set(plane.data.subarray(row * stride, row * stride + 4 * width), row * 4 * width);
    }
    return { width, height, channels: 4, data };
  } finally {
    heif.heif_image_release(image);
  }
}

function check<A extends Answer>(answer: A): A {
  if (answer.code && answer.code.value !== 0) throw new Error(answer.message);
  return answer;
}

let loaded: Libheif | undefined;

function loadLibheif(name: string): Libheif {
  try {
    loaded ??= createRequire(import.meta.url)("libheif-js/wasm-bundle") as Libheif;
    return loaded;
  } catch (cause) {
    throw new InputError(
      "IMAGE_FORMAT",
      `Cannot decode image ${name}: expected the package libheif-js, which decodes HEIC ("npm install libheif-js"), got none that loads`,
      { cause },
    );
  }
}
