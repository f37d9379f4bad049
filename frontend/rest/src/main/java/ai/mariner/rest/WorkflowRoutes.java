package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.RegisterWorkflow;
import ai.mariner.core.model.WorkflowStatus;
import ai.mariner.view.ManagementView;
import ai.mariner.view.WorkflowView;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Routes of the management API that are about workflows. */
final class WorkflowRoutes {
  private static final int MOST_LISTED = 100;
  private static final Set<String> KNOWN =
      Set.of("url", "workflow_name", "response_timeout", "startup_timeout", "s3_sse_kms");

  private static final Route.Doc LIST =
      Route.Doc.of("listWorkflows", "List all workflows")
          .with(
              new Route.Parameter("limit", "integer", false, "Workflows on a page, 1 to 100 (100)"),
              new Route.Parameter(
                  "next_page_token", "integer", false, "Where the page begins, as the last said"));
  private static final Route.Doc REGISTER =
      Route.Doc.of("registerWorkflow", "Register a workflow and wait for its workers")
          .with(
              new Route.Parameter("url", "string", true, "Name in the store, folder or address"),
              new Route.Parameter("workflow_name", "string", false, "Name (the archive's)"),
              new Route.Parameter(
                  "response_timeout", "integer", false, "Longest run of each node, seconds"),
              new Route.Parameter(
                  "startup_timeout", "integer", false, "Longest load of each node, seconds"),
              new Route.Parameter(
                  "s3_sse_kms",
                  "boolean",
                  false,
                  "Sign requests for the archives, for S3 (false)"));

  private final RestContext context;

  WorkflowRoutes(RestContext context) {
    this.context = context;
  }

  List<Route> routes() {
    String one = "/workflows/{model}";
    Route.Doc describe = Route.Doc.of("describeWorkflow", "Describe a workflow");
    Route.Doc unregister = Route.Doc.of("unregisterWorkflow", "Remove a workflow and its nodes");
    return List.of(
        route("GET", "/workflows", Route.Traits.NONE, this::list, LIST),
        route("POST", "/workflows", Route.Traits.MODEL_API, this::register, REGISTER),
        route("GET", one, Route.Traits.NONE, this::describe, describe),
        route("DELETE", one, Route.Traits.MODEL_API, this::unregister, unregister));
  }

  private static Route route(
      String method, String path, Route.Traits traits, Route.Action action, Route.Doc doc) {
    return new Route(method, PathTemplate.of(path), TokenScope.MANAGEMENT, traits, action, doc);
  }

  private void list(Call call) {
    Parameters parameters = query(call, "limit", "next_page_token");
    int limit = parameters.lenientInt("limit", MOST_LISTED);
    int offset = Math.max(0, parameters.lenientInt("next_page_token", 0));
    int sane = limit < 1 || limit > MOST_LISTED ? MOST_LISTED : limit;
    List<WorkflowStatus> all = context.workflows().list();
    int from = Math.min(offset, all.size());
    int to = Math.min(from + sane, all.size());
    Integer next = to < all.size() ? to : null;
    call.exchange().end(Replies.json(200, WorkflowView.list(all.subList(from, to), next)));
  }

  private void register(Call call) {
    Parameters parameters = Parameters.ofQueryOrJson(call);
    parameters.expectOnly(KNOWN, strict());
    String url = parameters.text("url");
    if (url == null) {
      throw new ServeException(ErrorKind.BAD_REQUEST, "Parameter url is required.");
    }
    RegisterWorkflow order =
        new RegisterWorkflow(
            url,
            parameters.text("workflow_name"),
            seconds(parameters, "response_timeout"),
            seconds(parameters, "startup_timeout"),
            false,
            parameters.bool("s3_sse_kms", false));
    ManagementRoutes.answer(
        call,
        context.workflows().register(order),
        name -> Replies.json(200, ManagementView.statusJson(WorkflowView.registered(name))));
  }

  private static @Nullable Duration seconds(Parameters parameters, String key) {
    Integer seconds = parameters.integer(key, 1);
    return seconds == null ? null : Duration.ofSeconds(seconds);
  }

  private void describe(Call call) {
    query(call);
    WorkflowStatus workflow = context.workflows().describe(call.target().model());
    call.exchange().end(Replies.json(200, WorkflowView.describe(workflow)));
  }

  private void unregister(Call call) {
    query(call);
    ManagementRoutes.answer(
        call,
        context.workflows().unregister(call.target().model()),
        name -> Replies.json(200, ManagementView.statusJson(WorkflowView.unregistered(name))));
  }

  private Parameters query(Call call, String... known) {
    Parameters parameters = Parameters.ofQuery(call);
    parameters.expectOnly(Set.of(known), strict());
    return parameters;
  }

  private boolean strict() {
    return context.config().profile().unknownKeysFail();
  }
}
