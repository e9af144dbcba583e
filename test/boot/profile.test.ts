import { expect, it } from "vitest";
import { requestPath } from "../../src/boot/profile.ts";

it.each([
  { value: "/assets/vmlinuz", want: "/assets/vmlinuz" },
  { value: "assets/vmlinuz", want: "/assets/vmlinuz" },
  { value: "--name main /assets/i.img", want: "/assets/i.img" },
  { value: "--name=main -t 5 /assets/i.img", want: "/assets/i.img" },
  { value: "/assets/i.img /etc/x mode=755", want: "/assets/i.img" },
  { value: "http://10.0.0.1:8080/assets/k?x=1", want: "/assets/k" },
  { value: "http://10.0.0.1", want: "/" },
  { value: "--name", want: "/" },
  { value: "", want: "/" },
])("the path asked for by '$value' is $want", ({ value, want }) => {
  expect(requestPath(value)).toBe(want);
});
