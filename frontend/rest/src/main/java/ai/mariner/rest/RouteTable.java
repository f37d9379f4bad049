package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.model.Application;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** All routes of a listener. */
final class RouteTable {
  private static final String METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private final Set<Api> apis;
  private final RestContext context;
  private final Dialects dialects;
  private final CallGuard guard;
  private final PluginRoutes plugins;
  private final CrossOrigin crossOrigin;

  /**
   * Makes the table of a listener.
   *
   * @param apis which sets of routes it serves
   * @param address where it is bound
   */
  RouteTable(Set<Api> apis, RestContext context, ListenerAddress address) {
    this.apis = Set.copyOf(apis);
    this.context = context;
    this.dialects = Dialects.of(context.config());
    this.guard = new CallGuard(context.access(), context.config(), address);
    this.plugins = new PluginRoutes(context.pluginRoutes(), this.apis);
    List<Route> builtIn = new ArrayList<>();
    this.apis.forEach(api -> builtIn.addAll(builtIn(api, List.of())));
    plugins.check(builtIn, context.config().profile().pluginsShadow());
    this.crossOrigin = new CrossOrigin(context.config().cors());
  }

  /** The router of the routes that every server has, and of those that were added. */
  Router router(List<? extends Added> added) {
    Map<Api, List<Route>> elsewhere = new EnumMap<>(Api.class);
    for (Api api : Api.values()) {
      if (!apis.contains(api)) {
        elsewhere.put(api, builtIn(api, added));
      }
    }
    return new Router(
        routes(added), new Elsewhere(Map.copyOf(elsewhere)), guard, crossOrigin, stranger(added));
  }

  List<Route> routes(List<? extends Added> added) {
    List<Route> routes = new ArrayList<>();
    for (Api api : Api.values()) {
      if (apis.contains(api)) {
        routes.addAll(guarded(api, plugins.joined(api, builtIn(api, added))));
      }
    }
    routes.addAll(new DescriptionRoutes(context, routes).routes(apis));
    return routes;
  }

  /** The routes of a set, behind the authorizer if there is one. */
  private List<Route> guarded(Api api, List<Route> routes) {
    return AuthorizedAction.guard(context.authorizer(), api, routes);
  }

  private List<Route> builtIn(Api api, List<? extends Added> added) {
    return switch (api) {
      case INFERENCE -> {
        // First, since they win where the server has the same path.
        List<Route> routes = new ArrayList<>();
        added.forEach(route -> routes.add(route(route)));
        routes.addAll(new InferenceRoutes(context, dialects).routes());
        yield routes;
      }
      case MANAGEMENT -> {
        List<Route> routes = new ArrayList<>(new ManagementRoutes(context).routes());
        routes.addAll(new LogRoutes(context).routes());
        routes.addAll(new WorkflowRoutes(context).routes());
        routes.addAll(new RepositoryRoutes(context, dialects.openInference()).routes());
        yield routes;
      }
      case METRICS -> List.of(metrics(context));
    };
  }

  /** A server that was started for one application speaks as it does, wherever one asks. */
  private @Nullable Dialect stranger(List<? extends Added> added) {
    if (!apis.contains(Api.INFERENCE) || !context.config().startupModels().isEmpty()) {
      return null;
    }
    Application only = null;
    for (Added route : added) {
      if (route instanceof ApplicationRoute of && of.application().atStart()) {
        if (only != null && only != of.application()) {
          return null;
        }
        only = of.application();
      }
    }
    return only == null
        ? null
        : new ApplicationDialect(only.spec(), null, null, dialects.torchServe());
  }

  private Route route(Added added) {
    if (added instanceof ApplicationRoute route) {
      return route(route);
    }
    return added instanceof ApplicationDocument document
        ? route(document)
        : route((AddedRoute) added);
  }

  private Route route(ApplicationRoute added) {
    ApplicationSpec spec = added.application().spec();
    ApplicationDialect dialect =
        new ApplicationDialect(spec, added.spec(), added.meter(), dialects.torchServe());
    ModelRef program = added.application().program(added.number());
    Route.Doc doc = Route.Doc.of(id(added), "Ask " + added.owner()).withBody("*/*");
    return new Route(
        added.method(),
        PathTemplate.of(added.path()),
        TokenScope.INFERENCE,
        program == null ? Route.Traits.NONE : Route.Traits.PREDICTS,
        new ApplicationAction(added, dialect, context.codec()),
        doc,
        dialect,
        program);
  }

  private Route route(ApplicationDocument added) {
    ApplicationDialect dialect =
        new ApplicationDialect(added.application().spec(), null, null, dialects.torchServe());
    // Who has no token yet enters it on the page.
    boolean open = added.spec().health() || added.spec().openApi() != null;
    return new Route(
        added.method(),
        PathTemplate.of(added.path()),
        open ? null : TokenScope.INFERENCE,
        Route.Traits.NONE,
        action(added),
        Route.Doc.of(id(added), "A page of " + added.owner()),
        dialect,
        null);
  }

  private Route.Action action(ApplicationDocument added) {
    String namespace = added.spec().metricsNamespace();
    if (namespace != null) {
      return new ApplicationMetrics(added, namespace, context);
    }
    String openApi = added.spec().openApi();
    return openApi == null ? added : new DocsPage(context.codec()).page(openApi);
  }

  private static String id(Added added) {
    return added.method().toLowerCase(Locale.ROOT) + added.path().replace('/', '.');
  }

  private Route route(AddedRoute added) {
    Dialect dialect =
        switch (added.manner()) {
          case TORCHSERVE -> dialects.torchServe().with(TorchServeDialect.Extras.PATH);
          case OPEN_INFERENCE -> dialects.openInference();
        };
    Route.Doc doc =
        Route.Doc.of(id(added), "Predict with model " + added.model().name()).withBody("*/*");
    return new Route(
        added.method(),
        PathTemplate.of(added.path()),
        TokenScope.INFERENCE,
        Route.Traits.PREDICTS,
        action(added, dialect),
        doc,
        dialect,
        added.model());
  }

  private Route.Action action(AddedRoute added, Dialect dialect) {
    PredictionAction plain = new PredictionAction(context.inference(), dialect, added.operation());
    boolean tensors = dialect == dialects.openInference() && added.operation() == Operation.PREDICT;
    return tensors ? new InferAction(context, plain, null) : plain;
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
          ManagementRoutes.answer(
              call,
              CompletableFuture.supplyAsync(
                  () -> context.metricsPage().page(names), context.codec()),
              page -> Replies.of(200, METRICS_TYPE, page));
        };
    Route.Doc doc =
        Route.Doc.of("metrics", "Metrics for Prometheus")
            .with(new Route.Parameter("name[]", "string", false, "Metrics to show (all)"));
    PathTemplate path = PathTemplate.of("/metrics");
    return new Route(null, path, null, Route.Traits.NONE, action, doc);
  }
}
