/**
 * The gRPC API: inference and management calls as thin translations over the core's services, with
 * standard health checks and reflection.
 *
 * <p>Starting points: {@link ai.mariner.grpc.GrpcServer}, {@link ai.mariner.grpc.InferenceGrpc},
 * {@link ai.mariner.grpc.ManagementGrpc}, {@link ai.mariner.grpc.GrpcErrors}.
 */
@NullMarked
package ai.mariner.grpc;

import org.jspecify.annotations.NullMarked;
