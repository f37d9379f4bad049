package ai.mariner.rest;

import ai.mariner.core.config.ListenerAddress;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All routes of a listener. */
final class RouteTable {
  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private RouteTable() {}

  /** The router of a listener that serves some sets of routes. */
  static Router router(Set<Api> apis, RestContext context, ListenerAddress address) {
    CallGuard guard = new CallGuard(context.access(), context.config(), address);
    Map<Api, List<Route>> elsewhere = new EnumMap<>(Api.class);
    for (Api api : Api.values()) {
      if (!apis.contains(api)) {
        elsewhere.put(api, own(api, context));
      }
    }
    return new Router(routes(apis, context), new Elsewhere(Map.copyOf(elsewhere)), guard);
  }

  static List<Route> routes(Set<Api> apis, RestContext context) {
    List<Route> routes = new ArrayList<>();
    for (Api api : Api.values()) {
      if (apis.contains(api)) {
        routes.addAll(own(api, context));
      }
    }
    routes.addAll(new DescriptionRoutes(context.config().version(), routes).routes(apis));
    return routes;
  }

  private static List<Route> own(Api api, RestContext context) {
    return switch (api) {
      case INFERENCE -> new InferenceRoutes(context).routes();
      case MANAGEMENT -> new ManagementRoutes(context).routes();
      case METRICS -> List.of(metrics(context));
    };
  }

  private static Route metrics(RestContext context) {
    Route.Action action =
        call -> {
          List<String> names = new ArrayList<>();
          String query = call.target().query();
          if (query != null) {
            for (FormFields.Field field : FormFields.parse(query, "query string")) {
              if (field.name().equals("name[]")) {
                names.add(field.text());
              }
            }
          }
          byte[] page = context.metricsPage().page(names);
          call.exchange().end(Replies.of(200, METRICS_TYPE, page));
        };
    Route.Doc doc =
        Route.Doc.of("metrics", "Metrics for Prometheus")
            .with(new Route.Parameter("name[]", "string", false, "Metrics to show (all)"));
    PathTemplate path = PathTemplate.of("/metrics");
    return new Route(null, path, null, Route.Traits.NONE, action, doc);
  }
}
