/**
 * Knocks at doors behind which nobody is, and prints as JSON which of them answered: a port that is
 * let through is refused by the kernel behind the firewall at once, one that is not stays silent.
 * Arguments: doors as `tcp/10.0.0.1/22`.
 */
import { createSocket } from "node:dgram";
import { writeSync } from "node:fs";
import { connect } from "node:net";

/** Far more than two namespaces of one host take. */
const silenceMs = 1_500;

const doors = process.argv.slice(2);
const answers = await Promise.all(doors.map(knock));
writeSync(1, JSON.stringify(doors.filter((_, at) => answers[at])));
process.exit(0);

function knock(door: string): Promise<boolean> {
  const [protocol, host = "", port] = door.split("/");
  return protocol === "tcp" ? knockTcp(host, Number(port)) : knockUdp(host, Number(port));
}

async function knockTcp(host: string, port: number): Promise<boolean> {
  const answer = Promise.withResolvers<boolean>();
  const socket = connect({ host, port, family: 4 });
  const timer = setTimeout(() => answer.resolve(false), silenceMs);
  socket.on("connect", () => answer.resolve(true));
  // Our own rules that let nothing out are told as EPERM, or as silence.
  socket.on("error", (error: NodeJS.ErrnoException) => {
    answer.resolve(error.code === "ECONNREFUSED");
  });
  const answered = await answer.promise;
  clearTimeout(timer);
  socket.destroy();
  return answered;
}

async function knockUdp(host: string, port: number): Promise<boolean> {
  const answer = Promise.withResolvers<boolean>();
  const socket = createSocket("udp4");
  const timer = setTimeout(() => answer.resolve(false), silenceMs);
  socket.on("error", (error: NodeJS.ErrnoException) => {
    answer.resolve(error.code === "ECONNREFUSED");
  });
  // Only a connected socket hears of an ICMP "port unreachable", with its next call.
  socket.connect(port, host, () => {
    socket.send("knock", (error) => error && answer.resolve(false));
  });
  socket.on("message", () => answer.resolve(true));
  const answered = await answer.promise;
  clearTimeout(timer);
  socket.close();
  return answered;
}
