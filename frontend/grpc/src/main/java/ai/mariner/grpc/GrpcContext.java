package ai.mariner.grpc;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.CallAuthorizer;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.inference.InferenceCalls;
import ai.mariner.core.message.InflightBudget;
import ai.mariner.core.metrics.AccessLog;
import ai.mariner.core.model.ModelCalls;
import ai.mariner.view.DeclaredTensors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.LongSupplier;

/**
 * Everything that the gRPC services need of the server.
 *
 * @param config listeners, limits and switches
 * @param inference takes predictions
 * @param models registered models
 * @param tensors what they take and give
 * @param access who may call
 * @param authorizer who may call beyond that
 * @param accessLog one line a call
 * @param budget memory for request messages, shared with the other API
 * @param timer ticks of health watchers; short tasks only, an event loop group will do
 * @param nanoTime monotonic clock
 */
public record GrpcContext(
    ServerConfig config,
    InferenceCalls inference,
    ModelCalls models,
    DeclaredTensors tensors,
    AccessPolicy access,
    CallAuthorizer authorizer,
    AccessLog accessLog,
    InflightBudget budget,
    ScheduledExecutorService timer,
    LongSupplier nanoTime) {}
