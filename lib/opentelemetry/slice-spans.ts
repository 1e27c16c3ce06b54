import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type SpanContext,
  type TracerProvider,
} from '@opentelemetry/api';
import type { DrawnSlice, SliceInstrument, SliceWatch } from '../recruiter/slice/instruments.js';
import type { SliceReport } from '../recruiter/slice/slice.js';
import { systemClock } from '../time/clock.js';
import { toJobError } from '../recruiter/slice/job-error.js';
import { ATTRIBUTE, CODE_FUNCTION_NAME, SCOPE } from './attributes.js';

/**
 * Creates a span for each slice in a separate trace, with a link to the span that enlisted. So the trace of a request ends
 * with the request, and calls of the slice to Redis or HTTP are children of its own span.
 */
export function sliceSpans(configured: TracerProvider | undefined, attributes: Attributes): SliceInstrument {
  return (drawn) => {
    const enlisting = trace.getSpanContext(context.active());
    return new SliceSpan(configured ?? trace.getTracerProvider(), drawn, enlisting, attributes);
  };
}

class SliceSpan implements SliceWatch {
  #span: Span | undefined;

  constructor(
    private readonly provider: TracerProvider,
    private readonly drawn: DrawnSlice,
    private readonly enlisting: SpanContext | undefined,
    private readonly attributes: Attributes,
  ) {}

  run(slice: () => void): void {
    const { recruiter, jobId, origin, functionName } = this.drawn;
    const { attributes, enlisting } = this;
    const known = {
      [ATTRIBUTE.recruiter]: recruiter,
      [ATTRIBUTE.job]: jobId,
      [ATTRIBUTE.origin]: origin,
      ...(functionName === undefined ? {} : { [CODE_FUNCTION_NAME]: functionName }),
    };
    const links = enlisting !== undefined && isSpanContextValid(enlisting) ? [{ context: enlisting }] : [];
    this.#span = this.provider
      .getTracer(SCOPE)
      .startSpan(
        `work_stealing.slice ${jobId}`,
        { links, attributes: { ...attributes, ...known } },
        ROOT_CONTEXT,
      );
    context.with(trace.setSpan(ROOT_CONTEXT, this.#span), slice);
  }

  ended(report: SliceReport): void {
    const span = this.#span;
    if (span === undefined) return;
    // Saves the stack of an error if the span is not sampled.
    if (span.isRecording()) describe(span, report);
    span.end();
  }
}

function describe(span: Span, report: SliceReport): void {
  span.setAttribute(ATTRIBUTE.outcome, report.outcome);
  if (report.overran) span.setAttribute(ATTRIBUTE.overran, true);
  if ('reason' in report) span.setAttribute(ATTRIBUTE.reason, report.reason);
  if ('done' in report && report.done !== undefined) span.setAttribute(ATTRIBUTE.done, report.done);
  if ('limit' in report && report.limit !== undefined) span.setAttribute(ATTRIBUTE.limit, report.limit);
  const error = errorOf(report);
  if (error === undefined) return;
  span.setAttribute('error.type', error.name);
  span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
  if (error.isThrown) span.recordException(error);
}

/** The error of a slice, if there is one; a slice that was cut short by the shutdown has none. */
function errorOf(report: SliceReport) {
  if (report.outcome !== 'failed' && report.outcome !== 'aborted') return undefined;
  if (report.reason === 'closing') return undefined;
  const isThrown = 'error' in report;
  const cause = isThrown ? report.error : `cut short: ${report.reason}`;
  // Strings only: reading a hostile error must not leave the span open.
  const { message, stack } = toJobError(cause, 'error', report.duration, systemClock);
  const name = report.outcome === 'failed' ? nameOf(cause) : report.reason;
  return { name, message, isThrown, ...(stack === undefined ? {} : { stack }) };
}

/** Name of an error; `_OTHER` is the name for unknown types in OpenTelemetry's conventions. */
function nameOf(error: unknown): string {
  try {
    const name: unknown = error instanceof Error ? error.name : undefined;
    return typeof name === 'string' && name !== '' ? name : '_OTHER';
  } catch {
    return '_OTHER';
  }
}
