import { formatAdvert, silentAdvert } from "../ra/advert.ts";
import { allNodes, toAllMs } from "../ra/decide.ts";
import { openIcmp6 } from "../runtime/icmp6.ts";

/** While its own address is being checked the device cannot send; after that the word is soon out. */
const firstMs = 250;

/**
 * Tells the LAN that it has no IPv6 router, for rooms whose daemon does not: without that word every
 * iPXE waits 13 s for a router before it tries IPv4.
 */
export async function advertiseNoRouter(device: string): Promise<AsyncDisposable> {
  const socket = await openIcmp6({ device, types: [] });
  const advert = formatAdvert(silentAdvert);
  let timer: NodeJS.Timeout;
  const say = (): void => {
    const sent = socket.send(advert, allNodes);
    timer = setTimeout(say, sent ? toAllMs : firstMs);
  };
  say();
  return {
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      await socket[Symbol.asyncDispose]();
    },
  };
}
