/**
 * The gRPC API: inference and management calls and the Open Inference Protocol as thin translations
 * over the core's services, with standard health checks and reflection. It names the core's ports,
 * never the REST API.
 *
 * <p>A call passes the interceptors (access log, token, authorizer) to the method of its service; a
 * prediction becomes a request in {@code OneRequestCall}, and its answer comes back through a
 * {@code CallSink} (a {@link ai.mariner.core.message.ResponseSink}).
 *
 * <p>Starting points: {@link ai.mariner.grpc.GrpcServer}, {@code GrpcServices} (all that is
 * served), {@link ai.mariner.grpc.GrpcContext} (all that it is given), {@link
 * ai.mariner.grpc.GrpcErrors}.
 */
@NullMarked
package ai.mariner.grpc;

import org.jspecify.annotations.NullMarked;
