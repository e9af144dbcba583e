import type { Profile } from "../../boot/profile.ts";
import { type ImageId, type ImageRole, imagePath } from "./image.ts";
import { fillPlaceholders } from "./names.ts";

/** What of an image a profile is made from. */
export type BootableImage = {
  readonly id: ImageId;
  readonly title: string;
  readonly args: readonly string[];
  readonly files: readonly { readonly role: ImageRole; readonly file: string }[];
  /** The upstream's tree, for installers that fetch packages from it. */
  readonly tree: string;
};

export type ProfileWish = {
  /** The profile's name. */
  readonly id: string;
  /** Where machines reach this host's HTTP service, without a slash at the end. */
  readonly origin: string;
};

/**
 * The matchbox profile that boots an image; undefined: it has no kernel. Kernel and RAM disks are
 * paths, which the script's own host serves; what the kernel fetches later needs whole URLs. The RAM
 * disk is named "main" to the kernel as well, since an EFI kernel without `initrd=` panics.
 */
export function profileOf(image: BootableImage, { id, origin }: ProfileWish): Profile | undefined {
  const folder = `/assets/images/${imagePath(image.id)}`;
  const byRole = (role: ImageRole) => image.files.filter((row) => row.role === role);
  const [kernel] = byRole("kernel");
  if (kernel === undefined) return undefined;
  const urls = image.files.map(({ role, file }) => [role, `${origin}${folder}/${file}`] as const);
  const values = {
    ...Object.fromEntries(urls),
    ...{ origin, base: `${origin}${folder}`, tree: image.tree },
  };
  const initrd = byRole("initrd").map(({ file }) => `--name main ${folder}/${file}`);
  return {
    ...{ file: id, id, name: `${image.title} ${image.id.version} ${image.id.arch}` },
    ...{ ignitionId: "", cloudId: "", genericId: "" },
    boot: {
      kernel: `${folder}/${kernel.file}`,
      initrd,
      args: image.args.map((arg) => fillPlaceholders(arg, values)),
    },
  };
}

/** The arguments that an image needs and a boot lacks: each `required` is a name, or a name and its value. */
export function missingArguments(
  required: readonly string[],
  args: readonly string[],
): readonly string[] {
  return required.filter((want) => !args.some((arg) => arg === want || arg.startsWith(`${want}=`)));
}
