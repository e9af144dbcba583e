/** One entry of a folder. */
export type ListingEntry = { readonly name: string; readonly folder: boolean };

/** A folder as a page of links: sorted by name, hidden entries too, folders with a trailing slash. */
export function renderListing(entries: readonly ListingEntry[]): string {
  const sorted = [...entries].sort((a, b) =>
    Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)),
  );
  return [
    "<!doctype html>",
    '<meta name="viewport" content="width=device-width">',
    "<pre>",
    ...sorted.map(renderLink),
    "</pre>",
    "",
  ].join("\n");
}

function renderLink({ name, folder }: ListingEntry): string {
  const slash = folder ? "/" : "";
  return `<a href="${encodeURIComponent(name)}${slash}">${escapeHtml(name)}${slash}</a>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
