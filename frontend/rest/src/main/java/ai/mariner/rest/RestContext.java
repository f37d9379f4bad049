package ai.mariner.rest;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.CallAuthorizer;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.inference.InferenceCalls;
import ai.mariner.core.message.InflightBudget;
import ai.mariner.core.metrics.AccessLog;
import ai.mariner.core.metrics.ServerMetrics;
import ai.mariner.core.model.ModelCalls;
import ai.mariner.core.model.WorkflowCalls;
import ai.mariner.view.DeclaredTensors;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

/**
 * Everything that the REST adapter is given.
 *
 * @param config what the server was told
 * @param inference takes predictions
 * @param models registered models
 * @param tensors what they take and give
 * @param workflows registered workflows
 * @param access who may call
 * @param authorizer who may call beyond that
 * @param metrics counts answers
 * @param accessLog takes a line for each answer
 * @param metricsPage makes the metrics page
 * @param budget memory for request bodies, shared by all listeners
 * @param pluginRoutes paths that plugins serve
 * @param addedRoutes routes that come and go with models
 * @param logFiles what the server has logged
 * @param codec reads and writes what takes too long for an event loop
 * @param clock monotonic time in nanoseconds, {@code System::nanoTime}
 */
public record RestContext(
    ServerConfig config,
    InferenceCalls inference,
    ModelCalls models,
    DeclaredTensors tensors,
    WorkflowCalls workflows,
    AccessPolicy access,
    CallAuthorizer authorizer,
    ServerMetrics metrics,
    AccessLog accessLog,
    MetricsPage metricsPage,
    InflightBudget budget,
    List<PluginRoute> pluginRoutes,
    AddedRoutes addedRoutes,
    LogFiles logFiles,
    Executor codec,
    LongSupplier clock) {}
