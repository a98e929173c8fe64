import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createRandom } from "@inception-resnet-v2/core/internal/tensor/random.js";
import { planArena, type Slot } from "./arena.js";

function slots(count: number, seed: number): Slot[] {
  const random = createRandom(seed, "arena");
  return Array.from({ length: count }, () => {
    const first = Math.floor(random.uniform() * 100);
    const last = first + Math.floor(random.uniform() * 20);
    return { bytes: 1 + Math.floor(random.uniform() * 5000), first, last, offset: -1 };
  });
}

describe("planArena()", () => {
  it("gives slots that are alive together places of their own, on cache lines", () => {
    for (let seed = 0; seed < 20; seed++) {
      const all = slots(150, seed);
      const total = planArena(all);
      for (const [at, a] of all.entries()) {
        assert.equal(a.offset % 64, 0);
        assert.ok(a.offset >= 0 && a.offset + a.bytes <= total, `seed ${seed}`);
        for (const b of all.slice(at + 1)) {
          const together = a.first <= b.last && b.first <= a.last;
          const overlap = a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
          assert.ok(!(together && overlap), `seed ${seed}`);
        }
      }
    }
  });

  it("lets slots that are not alive together share their place", () => {
    const all = [0, 1, 2, 3].map((at): Slot => ({ bytes: 640, first: at, last: at, offset: -1 }));
    assert.equal(planArena(all), 640);
  });

  it("takes little more than what is alive at the worst moment", () => {
    for (let seed = 0; seed < 20; seed++) {
      const all = slots(150, seed);
      const total = planArena(all);
      const worst = Array.from({ length: 121 }, (_, at) =>
        all.reduce(
          (sum, one) => (one.first <= at && at <= one.last ? sum + one.bytes + 63 : sum),
          0,
        ),
      ).reduce((a, b) => Math.max(a, b));
      assert.ok(total <= 1.25 * worst, `seed ${seed}: ${total} for ${worst}`);
    }
  });
});
