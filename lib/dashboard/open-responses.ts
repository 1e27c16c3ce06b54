import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import type { OnModuleDestroy } from '@nestjs/common';
import { systemClock, type Clock } from '../time/clock.js';

/** How long an ended response may take to close: a viewer whose machine sleeps never reads it. */
const CLOSE_TIMEOUT_MS = 500;

/** Returns the response of Node below that of Express or Fastify. */
export function responseOf(response: unknown): ServerResponse {
  const { raw } = response as { readonly raw?: ServerResponse };
  return raw ?? (response as ServerResponse);
}

/**
 * Returns the response of Node to write to directly. Fastify gives up control of its reply; the headers that guards and
 * hooks have set on it are copied.
 */
export function takeOverResponse(response: unknown): ServerResponse {
  const raw = responseOf(response);
  if (raw === response) return raw;
  const reply = response as FastifyReply;
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  return raw;
}

/** The part of Fastify's reply that is used here, since Fastify may not be installed. */
interface FastifyReply {
  hijack(): unknown;
  getHeaders(): OutgoingHttpHeaders;
}

/** A response that has not closed. */
interface OpenResponse {
  readonly response: ServerResponse;
  readonly end: () => void;
  /** The connection of an HTTP/2 response. */
  readonly session: Http2Session | undefined;
}

/**
 * Tracks open responses. A server that closes waits for each of them, so one viewer that does not read, such as a sleeping
 * laptop, would keep the application from closing. On shutdown this ends them, and destroys the sockets of those that do
 * not close.
 */
export class OpenResponses implements OnModuleDestroy {
  readonly #open = new Map<ServerResponse, OpenResponse>();
  #isClosing = false;

  constructor(private readonly clock: Required<Clock> = systemClock) {}

  /** @param end - ends a response that does not end by itself. */
  track(response: ServerResponse, end: () => void = () => {}): void {
    // A stream loses its session when it is destroyed.
    const entry: OpenResponse = { response, end, session: http2StreamOf(response)?.session };
    this.#open.set(response, entry);
    response.once('close', () => this.#open.delete(response));
    if (this.#isClosing) void this.#end(entry);
  }

  /** Resolves when all responses that have begun are closed. */
  async onModuleDestroy(): Promise<void> {
    this.#isClosing = true;
    const begun = [...this.#open.values()].filter(({ response }) => response.headersSent);
    await Promise.all(begun.map((entry) => this.#end(entry)));
  }

  async #end({ response, end, session }: OpenResponse): Promise<void> {
    const closed = new Promise<void>((resolve) => void response.once('close', resolve));
    end();
    const cancelTimer = destroyLater(response, this.clock);
    await closed;
    cancelTimer();
    // An HTTP/2 connection stays open without requests, and the server waits for it.
    if (http2StreamOf(response)?.writableFinished === true) session?.close();
    else session?.destroy();
  }
}

/** Returns the stream of a response of node:http2; undefined for one of node:http. */
function http2StreamOf(response: ServerResponse): ServerHttp2Stream | undefined {
  return (response as { readonly stream?: ServerHttp2Stream }).stream;
}

/** Destroys the socket unless the response closes in time. Returns a function that cancels this. */
export function destroyLater(response: ServerResponse, clock: Required<Clock>): () => void {
  return clock.after(CLOSE_TIMEOUT_MS, () => destroyResponse(response), true);
}

/** Destroys the socket; for HTTP/2 only the stream, since other requests share the connection. */
export function destroyResponse(response: ServerResponse): void {
  response.socket?.destroy();
}
