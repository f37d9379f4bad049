package ai.mariner.grpc;

import ai.mariner.core.error.Failure;
import org.jspecify.annotations.Nullable;

/**
 * A message as it came in. One that can't be read is a value too: an exception in the marshaller
 * would reach neither the client in words nor our own code, only the log.
 *
 * @param request the message; absent: it is malformed
 * @param failure why there is none: it is malformed, or there was no room for it
 * @param chargedBytes what it took of the budget, to be given back when the call ends
 */
record Received<T>(@Nullable T request, @Nullable Failure failure, long chargedBytes) {}
