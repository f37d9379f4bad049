/** What an endpoint says of itself. */
package org.pytorch.serve.servingsdk.annotations;
