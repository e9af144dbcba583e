import fc from "fast-check";
import { expect, it } from "vitest";
import { type Group, orderGroups, selectGroup } from "../../src/boot/group.ts";
import { indexGroups } from "../../src/boot/group-index.ts";

const word = fc.constantFrom("", "a", "b", "A", "constructor", "__proto__", '","');
const selector = fc.dictionary(word, word, { maxKeys: 3 });

it("finds the group that a look at each of them finds", () => {
  fc.assert(
    fc.property(fc.array(selector, { maxLength: 12 }), selector, (selectors, labels) => {
      const groups = selectors.map((own, index): Group => {
        return { file: `g${index}`, id: "", name: "", profile: "", selector: own, metadata: {} };
      });
      const ordered = orderGroups(groups);
      expect(indexGroups(ordered)(labels)).toBe(selectGroup(labels, ordered));
    }),
    { numRuns: 2_000 },
  );
});
