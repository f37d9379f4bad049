package ai.mariner.server;

import ai.mariner.core.access.CallAuthorizer;
import ai.mariner.core.config.PluginConfig;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.SnapshotConfig;
import ai.mariner.core.model.Model;
import ai.mariner.core.model.ModelRegistry;
import ai.mariner.core.model.ModelService;
import ai.mariner.core.queue.BatchRules;
import ai.mariner.plugins.EndpointRoutes;
import ai.mariner.plugins.Offer;
import ai.mariner.plugins.PluginAuthorizers;
import ai.mariner.plugins.PluginBatchRules;
import ai.mariner.plugins.PluginException;
import ai.mariner.plugins.PluginThreads;
import ai.mariner.plugins.Plugins;
import ai.mariner.plugins.ServerSight;
import ai.mariner.plugins.SnapshotKeeper;
import ai.mariner.rest.PluginRoute;
import ai.mariner.server.snapshot.PluginSnapshots;
import ai.mariner.server.snapshot.SnapshotFolder;
import ai.mariner.server.snapshot.SnapshotStore;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import org.pytorch.serve.servingsdk.snapshot.SnapshotSerializer;

/** Plugins joined to a server: their routes, and the threads that they run on. */
final class PluginHost implements AutoCloseable {
  private final Plugins plugins;
  private final PluginThreads endpointThreads;
  private final List<PluginRoute> routes;
  private final @Nullable PluginThreads authorizerThreads;
  private final CallAuthorizer authorizer;

  /**
   * Joins plugins.
   *
   * @param plugins what was loaded
   * @param config the server's
   * @param models its models, and what is known of them
   * @param registry tells default versions
   * @param watch looks at deadlines
   * @throws PluginException if a plugin says nothing usable of itself
   */
  PluginHost(
      Plugins plugins,
      ServerConfig config,
      ModelService models,
      ModelRegistry registry,
      ScheduledExecutorService watch)
      throws PluginException {
    PluginConfig limits = config.plugins();
    this.plugins = plugins;
    this.endpointThreads = new PluginThreads("plugin", limits.threads(), limits.timeout(), watch);
    ServerSight sight =
        new ServerSight(
            config.snapshots().properties(),
            () -> defaults(models.models(), registry),
            models::describe);
    this.routes =
        new EndpointRoutes(endpointThreads, sight, config.limits().maxResponseBytes())
            .of(plugins.endpoints());
    if (plugins.authorizers().isEmpty()) {
      this.authorizerThreads = null;
      this.authorizer = CallAuthorizer.NONE;
    } else {
      PluginThreads threads =
          new PluginThreads(
              "authorizer", limits.authorizerThreads(), limits.authorizerTimeout(), watch);
      this.authorizerThreads = threads;
      this.authorizer = new PluginAuthorizers(plugins.authorizers(), threads);
    }
  }

  /**
   * The batching policies of plugins.
   *
   * @throws PluginException if one of them says nothing usable of itself
   */
  static BatchRules batchRules(Plugins plugins) throws PluginException {
    return new PluginBatchRules(plugins.batchingPolicies(), System::nanoTime);
  }

  /** Where snapshots lie: with a plugin, or in files. */
  static SnapshotStore store(Plugins plugins, SnapshotConfig wanted) {
    Offer<SnapshotSerializer> serializer = plugins.serializer();
    return serializer == null
        ? new SnapshotFolder(wanted.folder(), wanted.kept())
        : new PluginSnapshots(new SnapshotKeeper(serializer));
  }

  private static List<Model> defaults(List<Model> all, ModelRegistry registry) {
    return all.stream().filter(registry::isDefault).toList();
  }

  /** Paths that plugins serve. */
  List<PluginRoute> routes() {
    return routes;
  }

  /** Who may call, beyond tokens. */
  CallAuthorizer authorizer() {
    return authorizer;
  }

  /** First words of the paths that plugins serve. */
  static Set<String> words(List<PluginRoute> routes) {
    Set<String> words = new HashSet<>();
    routes.forEach(route -> words.add(route.word()));
    return words;
  }

  @Override
  public void close() {
    endpointThreads.close();
    PluginThreads authorizing = authorizerThreads;
    if (authorizing != null) {
      authorizing.close();
    }
    plugins.close();
  }
}
