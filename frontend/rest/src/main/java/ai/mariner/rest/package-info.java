/**
 * The REST API over HTTP/1.1 and HTTP/2: inference, management and metrics, the Open Inference
 * Protocol, and the routes of plugins and applications. It names the core's ports, never the gRPC
 * API.
 *
 * <p>A request goes through {@code RequestDecoder} (Netty's parser, stricter about framing), {@code
 * HttpConnection} (order, limits, time-outs) and {@code Router} to the action of its {@link
 * ai.mariner.rest.Route}; its answer comes back through {@code Exchange} (a {@link
 * ai.mariner.core.message.ResponseSink}) and {@code AnswerEncoder}. How a route reads, answers and
 * fails is its {@code Dialect}.
 *
 * <p>Starting points: {@link ai.mariner.rest.HttpServer}, {@link ai.mariner.rest.RestContext} (all
 * that it is given), {@link ai.mariner.rest.Api}, {@code RouteTable} (all that is served).
 */
@NullMarked
package ai.mariner.rest;

import org.jspecify.annotations.NullMarked;
