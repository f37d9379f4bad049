package ai.mariner.plugins;

import ai.mariner.sdk.Authorizer;
import ai.mariner.sdk.BatchingPolicy;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.pytorch.serve.servingsdk.ModelServerEndpoint;
import org.pytorch.serve.servingsdk.metrics.MetricEventListenerRegistry;
import org.pytorch.serve.servingsdk.snapshot.SnapshotSerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All plugins of a server. Immutable. */
public final class Plugins implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Plugins.class);

  /** There are none. */
  public static final Plugins NONE = new Plugins(List.of(), List.of(), null, List.of(), List.of());

  private static final List<String> INTERFACES =
      List.of(
          ModelServerEndpoint.class.getName(),
          SnapshotSerializer.class.getName(),
          Authorizer.class.getName(),
          BatchingPolicy.class.getName(),
          MetricEventListenerRegistry.class.getName());

  private final List<PluginClassLoader> loaders;
  private final List<Offer<ModelServerEndpoint>> endpoints;
  private final @Nullable Offer<SnapshotSerializer> serializer;
  private final List<Offer<Authorizer>> authorizers;
  private final List<Offer<BatchingPolicy>> batchingPolicies;

  private Plugins(
      List<PluginClassLoader> loaders,
      List<Offer<ModelServerEndpoint>> endpoints,
      @Nullable Offer<SnapshotSerializer> serializer,
      List<Offer<Authorizer>> authorizers,
      List<Offer<BatchingPolicy>> batchingPolicies) {
    this.loaders = List.copyOf(loaders);
    this.endpoints = List.copyOf(endpoints);
    this.serializer = serializer;
    this.authorizers = List.copyOf(authorizers);
    this.batchingPolicies = List.copyOf(batchingPolicies);
  }

  /**
   * Loads all plugins of a folder. Each jar that offers something is one; other jars are libraries
   * of them all.
   *
   * @param path value of {@code plugins_path}
   * @param workingFolder what a relative path is relative to
   * @throws PluginException if one of them can't be used; none is then
   */
  public static Plugins load(String path, Path workingFolder) throws PluginException {
    List<PluginJar> plugins = new ArrayList<>();
    List<PluginJar> libraries = new ArrayList<>();
    for (Path file : JarFolder.jars(path, workingFolder)) {
      PluginJar jar = PluginJar.read(file, INTERFACES);
      (jar.isLibrary() ? libraries : plugins).add(jar);
    }
    if (plugins.isEmpty()) {
      log.warn("plugins_path: {} has no jar with a plugin in it", path);
    }
    List<PluginClassLoader> loaders = new ArrayList<>();
    try {
      return loaded(plugins, libraries, loaders);
    } catch (PluginException | RuntimeException e) {
      close(loaders);
      throw e;
    }
  }

  private static Plugins loaded(
      List<PluginJar> plugins, List<PluginJar> libraries, List<PluginClassLoader> loaders)
      throws PluginException {
    List<Offer<ModelServerEndpoint>> endpoints = new ArrayList<>();
    List<Offer<SnapshotSerializer>> serializers = new ArrayList<>();
    List<Offer<Authorizer>> authorizers = new ArrayList<>();
    List<Offer<BatchingPolicy>> policies = new ArrayList<>();
    for (PluginJar jar : plugins) {
      PluginClassLoader loader = jar.loader(libraries, Plugins.class.getClassLoader());
      loaders.add(loader);
      endpoints.addAll(jar.offers(ModelServerEndpoint.class, loader));
      serializers.addAll(jar.offers(SnapshotSerializer.class, loader));
      authorizers.addAll(jar.offers(Authorizer.class, loader));
      policies.addAll(jar.offers(BatchingPolicy.class, loader));
      if (jar.services().containsKey(MetricEventListenerRegistry.class.getName())) {
        log.warn("plugin jar {}: its metric listeners are told nothing", jar.path());
      }
      log.info("plugin jar {} is loaded: {}", jar.path(), jar.services().values());
    }
    if (serializers.size() > 1) {
      throw new PluginException(
          "plugins: snapshots are kept by "
              + serializers.get(0).named()
              + " and by "
              + serializers.get(1).named()
              + " (expected: one of them)");
    }
    return new Plugins(
        loaders,
        endpoints,
        serializers.isEmpty() ? null : serializers.get(0),
        authorizers,
        policies);
  }

  /** Endpoints, by the names of their jars. */
  public List<Offer<ModelServerEndpoint>> endpoints() {
    return endpoints;
  }

  /** What keeps snapshots; absent: files do. */
  public @Nullable Offer<SnapshotSerializer> serializer() {
    return serializer;
  }

  /** What decides who may call, by the names of their jars. */
  public List<Offer<Authorizer>> authorizers() {
    return authorizers;
  }

  /** What decides on batches, by the names of their jars. */
  public List<Offer<BatchingPolicy>> batchingPolicies() {
    return batchingPolicies;
  }

  /** Closes the jars; classes that were not loaded before can't be any more. */
  @Override
  public void close() {
    close(loaders);
  }

  private static void close(List<PluginClassLoader> loaders) {
    for (PluginClassLoader loader : loaders) {
      try {
        loader.close();
      } catch (IOException e) {
        log.warn("plugin jar {} can't be closed: {}", loader.getName(), e.toString());
      }
    }
  }
}
