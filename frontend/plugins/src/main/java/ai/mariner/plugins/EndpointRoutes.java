package ai.mariner.plugins;

import ai.mariner.rest.Api;
import ai.mariner.rest.PluginRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.pytorch.serve.servingsdk.ModelServerEndpoint;
import org.pytorch.serve.servingsdk.annotations.Endpoint;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes routes of the endpoints that plugins bring. */
public final class EndpointRoutes {
  private static final Logger log = LoggerFactory.getLogger(EndpointRoutes.class);
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9._~-]+");

  private final PluginThreads threads;
  private final ServerSight sight;
  private final int mostBytes;

  /**
   * Makes a maker.
   *
   * @param threads where endpoints run
   * @param sight what they see of the server
   * @param mostBytes largest answer
   */
  public EndpointRoutes(PluginThreads threads, ServerSight sight, int mostBytes) {
    this.threads = threads;
    this.sight = sight;
    this.mostBytes = mostBytes;
  }

  /**
   * The routes of endpoints.
   *
   * @throws PluginException if one of them does not say where it is served
   */
  public List<PluginRoute> of(List<Offer<ModelServerEndpoint>> offers) throws PluginException {
    List<PluginRoute> routes = new ArrayList<>();
    for (Offer<ModelServerEndpoint> offer : offers) {
      EndpointRoute.Place place = place(offer);
      if (place != null) {
        routes.add(new EndpointRoute(offer, place, threads, new EndpointContext(sight), mostBytes));
      }
    }
    return routes;
  }

  private static EndpointRoute.@Nullable Place place(Offer<ModelServerEndpoint> offer)
      throws PluginException {
    Endpoint said = offer.object().getClass().getAnnotation(Endpoint.class);
    if (said == null) {
      log.warn("{} has no @Endpoint and is not served", offer.named());
      return null;
    }
    Api api =
        switch (said.endpointType()) {
          case INFERENCE -> Api.INFERENCE;
          case MANAGEMENT -> Api.MANAGEMENT;
          case METRIC -> Api.METRICS;
          case NONE -> null;
        };
    if (api == null || said.urlPattern().isEmpty()) {
      log.warn("{} names no listener or no path in its @Endpoint and is not served", offer.named());
      return null;
    }
    if (!WORD.matcher(said.urlPattern()).matches()) {
      throw new PluginException(
          offer.named()
              + ": urlPattern: "
              + said.urlPattern()
              + " (expected: one word of a path, without slashes)");
    }
    String text = said.description();
    return new EndpointRoute.Place(
        api, said.urlPattern(), text.isEmpty() ? "Endpoint of plugin " + offer.jar() : text);
  }
}
