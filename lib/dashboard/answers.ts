import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import type { OnModuleDestroy } from '@nestjs/common';
import { systemClock, type Clock } from '../time/clock.js';

/** ms that the rest of an answer may take when it has to end: a viewer whose machine sleeps never reads it. */
const PATIENCE = 500;

/** Node's own response below that of Express or Fastify. */
export function responseOf(response: unknown): ServerResponse {
  const { raw } = response as { readonly raw?: ServerResponse };
  return raw ?? (response as ServerResponse);
}

/**
 * The same to be written to, by our own hand: with the headers that guards and hooks have set on the framework's
 * response, and the framework keeps its hands off.
 */
export function answerByHand(response: unknown): ServerResponse {
  const raw = responseOf(response);
  if (raw === response) return raw;
  const reply = response as FastifyReply;
  reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) raw.setHeader(name, value);
  }
  return raw;
}

/** What is used of the reply of Fastify, which need not be installed. */
interface FastifyReply {
  hijack(): unknown;
  getHeaders(): OutgoingHttpHeaders;
}

/** An answer that has not closed. */
interface UnderWay {
  readonly response: ServerResponse;
  readonly end: () => void;
  /** Of HTTP/2: the connection that it goes over. */
  readonly session: Http2Session | undefined;
}

/**
 * The answers under way. A server that closes waits for each of them, and so for a viewer who does not read: one
 * sleeping laptop would keep the application from closing. So it ends them, and lets go of the sockets of those that
 * are not taken.
 */
export class Answers implements OnModuleDestroy {
  readonly #underWay = new Map<ServerResponse, UnderWay>();
  #isClosing = false;

  constructor(private readonly clock: Required<Clock> = systemClock) {}

  /** @param end - ends an answer that does not end by itself. */
  track(response: ServerResponse, end: () => void = () => {}): void {
    // A stream forgets its connection when it is destroyed.
    const answer: UnderWay = { response, end, session: http2StreamOf(response)?.session };
    this.#underWay.set(response, answer);
    response.once('close', () => this.#underWay.delete(response));
    if (this.#isClosing) void this.#end(answer);
  }

  /** Resolves when no answer that has begun is under way any more. */
  async onModuleDestroy(): Promise<void> {
    this.#isClosing = true;
    const begun = [...this.#underWay.values()].filter(({ response }) => response.headersSent);
    await Promise.all(begun.map((answer) => this.#end(answer)));
  }

  async #end({ response, end, session }: UnderWay): Promise<void> {
    const closed = new Promise<void>((resolve) => void response.once('close', resolve));
    end();
    const callOff = letGoLater(response, this.clock);
    await closed;
    callOff();
    // A connection of HTTP/2 stays open without any request, and the server waits for it.
    if (http2StreamOf(response)?.writableFinished === true) session?.close();
    else session?.destroy();
  }
}

/** Of the response that node:http2 gives a framework in place of that of node:http. */
function http2StreamOf(response: ServerResponse): ServerHttp2Stream | undefined {
  return (response as { readonly stream?: ServerHttp2Stream }).stream;
}

/** Destroys the socket unless the answer has closed in time; returns a function that calls it off. */
export function letGoLater(response: ServerResponse, clock: Required<Clock>): () => void {
  return clock.after(PATIENCE, () => letGo(response), true);
}

/** Of HTTP/2 that is the stream alone: other requests go on over the same connection. */
export function letGo(response: ServerResponse): void {
  response.socket?.destroy();
}
