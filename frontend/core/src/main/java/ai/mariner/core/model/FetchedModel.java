package ai.mariner.core.model;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.PythonEnvironment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An archive that was fetched for an order, on its way to be a {@link Model}.
 *
 * @param order what was asked for
 * @param archive archive; who holds this gives it back unless it is published
 * @param key registered name and version that it will have
 * @param loop owner of its pool, for a part of a workflow or application; absent: whose turn it is
 * @param routes names of the routes that it is on, which requests point at
 * @param environment what its workers have of Python of their own; absent: nothing
 */
record FetchedModel(
    RegisterModel order,
    ModelArchive archive,
    ModelKey key,
    @Nullable Loop loop,
    List<String> routes,
    @Nullable PythonEnvironment environment) {
  /** A model on no route whose pool any loop may own. */
  FetchedModel(RegisterModel order, ModelArchive archive, ModelKey key) {
    this(order, archive, key, null, List.of(), null);
  }

  /** What its workers run in. */
  String runtime() {
    return order.runtime() == null ? archive.manifest().runtime() : order.runtime();
  }

  /** Its handler, as the order or else the manifest names it; absent: neither does. */
  @Nullable String handler() {
    return order.handler() == null ? archive.manifest().handler() : order.handler();
  }

  /** The same with its pool on this loop. */
  FetchedModel on(Loop owner) {
    return new FetchedModel(order, archive, key, owner, routes, environment);
  }

  /** The same on these routes. */
  FetchedModel with(List<String> itsRoutes) {
    return new FetchedModel(order, archive, key, loop, itsRoutes, environment);
  }

  /** The same with what was installed for it. */
  FetchedModel with(Dependencies.Installed installed) {
    ModelArchive both = archive.alsoReleasing(installed.release());
    return new FetchedModel(order, both, key, loop, routes, installed.environment());
  }
}
