import { expect, it } from "vitest";
import { Architectures } from "../../src/boot/firmware.ts";
import { explainRefusal } from "../../src/boot/firmware-refusals.ts";

it.each([...Architectures])("says why $name gets no loader, exactly when it gets none", (arch) => {
  expect(explainRefusal(arch) === undefined).toBe(arch.loader !== undefined);
});
