/**
 * The REST API over HTTP/1.1: inference, management and metrics.
 *
 * <p>A request goes through {@code RequestDecoder} (Netty's parser, stricter about framing), {@code
 * HttpConnection} (order, limits, time-outs) and {@code Router} to the action of its {@link
 * ai.mariner.rest.Route}; its answer comes back through {@code Exchange} (a {@link
 * ai.mariner.core.message.ResponseSink}) and {@code AnswerEncoder}.
 *
 * <p>Starting points: {@link ai.mariner.rest.HttpServer}, {@link ai.mariner.rest.RestContext},
 * {@link ai.mariner.rest.Api}.
 */
@NullMarked
package ai.mariner.rest;

import org.jspecify.annotations.NullMarked;
