import { type DestinationStream, type Logger as PinoLogger, pino, stdTimeFunctions } from "pino";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";

/** A constant sentence and its fields; never values inside the sentence. */
export type Log = {
  readonly debug: LogLine;
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
  readonly child: (fields: Record<string, unknown>) => Log;
};
type LogLine = (message: string, fields?: Record<string, unknown>) => void;

/** pino on stdout: text on a terminal, one JSON object a line otherwise, or as `format` says. */
export async function openLog(options: {
  level: LogLevel;
  format: "auto" | "text" | "json";
}): Promise<Log> {
  const text = options.format === "text" || (options.format === "auto" && process.stdout.isTTY);
  const stream = text ? await openTextStream() : pino.destination({ sync: true });
  const base = { level: options.level, base: null, timestamp: stdTimeFunctions.isoTime };
  return wrap(pino({ ...base, formatters: { level: (label) => ({ level: label }) } }, stream));
}

// Loaded only where it is wanted: a service logs JSON, and the formatter is 14 ms of its start.
async function openTextStream(): Promise<DestinationStream> {
  const { PinoPretty } = await import("pino-pretty");
  const shape = { ignore: "pid,hostname", translateTime: "HH:MM:ss.l", singleLine: true };
  return PinoPretty({ ...shape, sync: true });
}

/** Drops every line: for tests that assert on values, not on words. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};

function wrap(logger: PinoLogger): Log {
  return {
    debug: (message, fields = {}) => logger.debug(fields, message),
    info: (message, fields = {}) => logger.info(fields, message),
    warn: (message, fields = {}) => logger.warn(fields, message),
    error: (message, fields = {}) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields)),
  };
}
