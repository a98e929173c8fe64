/**
 * @file The drawings of a report, as SVG that takes its colours from the page: curves over epochs,
 * and the reliability plot.
 */
import { escapeText } from "../summary/svg-shapes.js";
import type { CalibrationBin } from "./calibration.js";
import { formatCount, formatShare } from "./format.js";
import { linearScale, type Scale, scaleFor, wholeStep } from "./scale.js";

/** A line of a chart: a value an epoch; values that are not finite leave a gap. */
export interface Series {
  readonly name: string;
  readonly kind: "train" | "validation";
  readonly values: readonly number[];
}

/** What a chart shows. */
export interface Chart {
  readonly title: string;
  readonly epochs: readonly number[];
  readonly series: readonly Series[];
  /** A value in full, and as short as an axis needs it. */
  readonly format: (value: number) => string;
  readonly tick: (value: number) => string;
}

const size = { width: 380, height: 250 };
const plot = { left: 52, right: 360, top: 12, bottom: 214 };

/** Lines over epochs, with axes and a legend; each point tells its value. */
export function lineChart({ title, epochs, series, format, tick }: Chart): string {
  const finite = series.flatMap(({ values }) => values).filter(Number.isFinite);
  if (finite.length === 0)
    return chartFigure(title, "", '<p class="none">No epoch was finished.</p>');
  const [first, last] = [Math.min(...epochs), Math.max(...epochs)];
  const ends = first === last ? ([first - 1, last + 1] as const) : ([first, last] as const);
  const x = linearScale(ends, [plot.left, plot.right], wholeStep(ends));
  const y = scaleFor(finite, [plot.bottom, plot.top]);
  const lines = series.map((one) => {
    const points = one.values.map((value, at) => ({ epoch: epochs[at] ?? Number.NaN, value }));
    const marks = points
      .filter(({ value }) => Number.isFinite(value))
      .map(
        ({ epoch, value }) =>
          `<circle cx="${place(x, epoch)}" cy="${place(y, value)}" r="${points.length > 40 ? 1.5 : 2.5}"><title>${escapeText(`${one.name}, epoch ${epoch}: ${format(value)}`)}</title></circle>`,
      );
    const path = pathOf(points.map(({ epoch, value }) => [x.at(epoch), y.at(value)]));
    return `<g class="series ${one.kind}"><path d="${path}"/>${marks.join("")}</g>`;
  });
  const axes = `${horizontalAxis(x, last === first ? [first] : x.ticks, "epoch", String)}${verticalAxis(y, tick)}`;
  const label = series
    .map((one) => `${one.name} ${format(one.values.findLast(Number.isFinite) ?? Number.NaN)}`)
    .join(", ");
  const svg = `<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeText(`${title}; at the end ${label}`)}">${axes}${lines.join("")}</svg>`;
  const legend = series.map(
    ({ name, kind }) => `<span class="key ${kind}">${escapeText(name)}</span>`,
  );
  return chartFigure(title, series.length > 1 ? legend.join("") : "", svg);
}

/** Accuracy by confidence, against the diagonal of perfect calibration, and images by confidence. */
export function reliabilityPlot(bins: readonly CalibrationBin[], images: number): string {
  const x = linearScale([0, 1], [plot.left, plot.right]);
  const y = linearScale([0, 1], [plot.bottom, plot.top]);
  const bars = bins
    .filter((bin) => bin.images > 0)
    .map((bin) => {
      const [left, right] = [x.at(bin.from) + 1, x.at(bin.to) - 1];
      const tip = `Confidence ${formatShare(bin.from)} to ${formatShare(bin.to)}: ${formatCount(bin.images)} of ${formatCount(images)} images, mean confidence ${formatShare(bin.confidence)}, right ${formatShare(bin.accuracy)}`;
      // few images make a bar that means little, so it is paler
      const weight = round(0.35 + 0.65 * Math.min(1, Math.sqrt((bin.images / images) * 4)));
      const bar = rectangle("accuracy", left, right, y.at(bin.accuracy), y.at(0), weight);
      const [low, high] = [bin.accuracy, bin.confidence].sort((a, b) => a - b);
      const gap = rectangle("gap", left, right, y.at(high ?? 0), y.at(low ?? 0));
      return `<g>${bar}${gap}<title>${escapeText(tip)}</title></g>`;
    });
  const axes = `${horizontalAxis(x, x.ticks, "confidence", percent)}${verticalAxis(y, percent)}`;
  const diagonal = `<path class="diagonal" d="M${x.at(0)} ${y.at(0)}L${x.at(1)} ${y.at(1)}"/>`;
  const svg = `<svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="Reliability plot">${axes}${bars.join("")}${diagonal}</svg>`;
  const legend =
    '<span class="key accuracy">share that is right</span><span class="key gap">gap to the confidence</span>';
  return chartFigure("Reliability", legend, svg);
}

function chartFigure(title: string, legend: string, body: string): string {
  return `<figure class="chart"><figcaption><b>${escapeText(title)}</b> ${legend}</figcaption>${body}</figure>`;
}

function horizontalAxis(
  scale: Scale,
  ticks: readonly number[],
  name: string,
  format: (value: number) => string,
): string {
  const marks = ticks.map((tick) => {
    const x = place(scale, tick);
    return `<path class="tick" d="M${x} ${plot.bottom}v4"/><text x="${x}" y="${plot.bottom + 17}" text-anchor="middle">${escapeText(format(tick))}</text>`;
  });
  const middle = (plot.left + plot.right) / 2;
  return `${marks.join("")}<text x="${middle}" y="${plot.bottom + 33}" text-anchor="middle" class="axis">${name}</text>`;
}

function verticalAxis(scale: Scale, format: (value: number) => string): string {
  const marks = scale.ticks.map((tick) => {
    const y = scale.at(tick);
    return `<path class="grid" d="M${plot.left} ${round(y)}H${plot.right}"/><text x="${plot.left - 6}" y="${round(y + 4)}" text-anchor="end">${escapeText(format(tick))}</text>`;
  });
  return marks.join("");
}

/** A line through points, broken where one is missing. */
function pathOf(points: readonly (readonly [x: number, y: number])[]): string {
  let isOpen = false;
  return points
    .map(([x, y]) => {
      const isHere = Number.isFinite(x) && Number.isFinite(y);
      const step = isHere ? `${isOpen ? "L" : "M"}${round(x)} ${round(y)}` : "";
      isOpen = isHere;
      return step;
    })
    .join("");
}

function rectangle(
  kind: string,
  left: number,
  right: number,
  top: number,
  bottom: number,
  opacity = 1,
): string {
  const faint = opacity < 1 ? ` opacity="${opacity}"` : "";
  return `<rect class="${kind}" x="${round(left)}" y="${round(top)}" width="${round(right - left)}" height="${round(bottom - top)}"${faint}/>`;
}

function place(scale: Scale, value: number): number {
  return round(scale.at(value));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** A share on an axis, `40%`. */
export function percent(value: number): string {
  return `${formatTick(value * 100)}%`;
}

/** A number on an axis, without zeros that say nothing. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) {
    return Number(value.toPrecision(2)).toExponential().replace("e+", "e");
  }
  return String(Number(value.toPrecision(6)));
}
