package ai.mariner.rest;

import ai.mariner.core.config.ListenerAddress;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** All routes of a listener. */
final class RouteTable {
  private RouteTable() {}

  /** The router of a listener that serves some sets of routes. */
  static Router router(Set<Api> apis, RestContext context, ListenerAddress address) {
    CallGuard guard = new CallGuard(context.access(), context.config(), address);
    return new Router(routes(apis, context), guard);
  }

  static List<Route> routes(Set<Api> apis, RestContext context) {
    List<Route> routes = new ArrayList<>();
    if (apis.contains(Api.INFERENCE)) {
      routes.addAll(new InferenceRoutes(context).routes());
    }
    if (apis.contains(Api.MANAGEMENT)) {
      routes.addAll(new ManagementRoutes(context).routes());
    }
    if (apis.contains(Api.METRICS)) {
      routes.add(metrics(context));
    }
    if (apis.contains(Api.INFERENCE) || apis.contains(Api.MANAGEMENT)) {
      routes.addAll(new DescriptionRoutes(context.config().version(), routes).routes(apis));
    }
    return routes;
  }

  private static Route metrics(RestContext context) {
    Route.Action action =
        call -> {
          String accept = call.request().headers().get(HttpHeaderNames.ACCEPT);
          List<String> names = new ArrayList<>();
          String query = call.target().query();
          if (query != null) {
            for (FormFields.Field field : FormFields.parse(query, "query string")) {
              if (field.name().equals("name[]")) {
                names.add(field.text());
              }
            }
          }
          MetricsPage page = context.metricsPage();
          call.exchange().end(Replies.of(200, page.contentType(accept), page.page(accept, names)));
        };
    Route.Doc doc =
        Route.Doc.of("metrics", "Metrics for Prometheus")
            .with(new Route.Parameter("name[]", "string", false, "Metrics to show (all)"));
    PathTemplate path = PathTemplate.of("/metrics");
    return new Route(Api.METRICS, null, path, null, Route.Traits.NONE, action, doc);
  }
}
