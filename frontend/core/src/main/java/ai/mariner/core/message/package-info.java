/**
 * Values that all floors share: requests, replies, bodies and the client's end of a request.
 *
 * <p>Starting points: {@link ai.mariner.core.message.InferenceRequest}, {@link
 * ai.mariner.core.message.ResponseSink}, {@link ai.mariner.core.message.Body}.
 */
@NullMarked
package ai.mariner.core.message;

import org.jspecify.annotations.NullMarked;
