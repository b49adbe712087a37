/** What every page loads: the style sheet, htmx, and small improvements over plain HTML. */
import "@fontsource-variable/inter/wght.css";
import "./css/site.css";

import { setUpConfirmations, setUpDialogs } from "./dialogs";
import { setUpCopying } from "./copy";
import { setUpErrorSummaries } from "./forms";
import { setUpHtmx, setUpReading } from "./requests";
import { setUpLogs } from "./logs";
import { setUpLogSearch } from "./logsearch";
import { setUpMenus } from "./menus";
import { setUpNews } from "./news";
import { setUpPasskeys } from "./passkeys";
import { setUpShortcuts } from "./shortcuts";
import { setUpTables } from "./tables";
import { setUpTimes } from "./times";
import { setUpToasts } from "./toasts";

setUpHtmx();
setUpReading();
setUpMenus();
setUpDialogs();
setUpConfirmations();
setUpToasts();
setUpCopying();
setUpTimes();
setUpShortcuts();
setUpErrorSummaries();
setUpLogs();
setUpLogSearch();
setUpTables();
setUpPasskeys();
setUpNews();
