/** First and last names, of many languages so that text beyond ASCII occurs. */
export const PERSON_NAMES: readonly (readonly [first: string, last: string])[] = [
  ['Amelia', 'Okafor'],
  ['Jonas', 'Lindqvist'],
  ['Priya', 'Raman'],
  ['Mateo', 'García'],
  ['Hanna', 'Müller'],
  ['Wei', 'Zhang'],
  ['Aisha', 'Farouk'],
  ['Tomasz', 'Wójcik'],
  ['Chloé', 'Dubois'],
  ['Daniel', "O'Connor"],
  ['Yuki', 'Tanaka'],
  ['Sofia', 'Rossi'],
  ['Liam', 'Walker'],
  ['Ines', 'Carvalho'],
  ['Omar', 'Haddad'],
  ['Greta', 'Sørensen'],
  ['Noah', 'Bennett'],
  ['Leila', 'Karimi'],
  ['Marek', 'Novák'],
  ['Emma', 'van der Berg'],
  ['Ravi', 'Patel'],
  ['Julia', 'Kowalska'],
  ['Ethan', 'Brooks'],
  ['Mei', 'Lin'],
  ['Lucas', 'Almeida'],
  ['Zoë', 'Janssen'],
  ['Arjun', 'Nair'],
  ['Katarina', 'Petrović'],
  ['Samuel', 'Adeyemi'],
  ['Olga', 'Ivanova'],
  ['Ben', 'Hartmann'],
  ['Min-jun', 'Kim'],
  ['Fatima', 'Zahra'],
  ['Oscar', 'Nilsson'],
  ['Grace', 'Mwangi'],
  ['Pavel', 'Dvořák'],
  ['Isabel', 'Núñez'],
  ['Hugo', 'Laurent'],
  ['Nora', 'Fitzgerald'],
  ['Dmitri', 'Volkov'],
];

/** Job titles of the people. */
export const JOB_TITLES: readonly string[] = [
  'Machine Learning Engineer',
  'Senior Data Scientist',
  'Platform Engineer',
  'Product Manager',
  'MLOps Engineer',
  'Security Analyst',
  'Computer Vision Engineer',
  'Head of AI',
  'Data Annotator',
  'Software Engineer',
  'Research Scientist',
  '',
];

/** Job roles of the people. */
export const JOB_ROLES: readonly string[] = [
  'engineering',
  'data_science',
  'product',
  'operations',
  'security',
  '',
];

/** Teams of the organisation. */
export const TEAMS: readonly string[] = [
  'Computer Vision',
  'Language Models',
  'Platform',
  'Data Operations',
  'Trust and Safety',
  'Retail Analytics',
  'Research',
];

/** What an app is for; its id is made from it. */
export const APP_NAMES: readonly string[] = [
  'Shelf Audit',
  'Visual Search',
  'Document Intake',
  'Claims Triage',
  'Content Moderation',
  'Defect Detection',
  'Support Assistant',
  'Product Tagging',
  'Drone Survey',
  'Invoice Reader',
  'Meeting Summaries',
  'Brand Safety',
  'Warehouse Safety',
  'Label Quality',
  'Receipt OCR',
  'Sandbox',
];

/** Models; ids are made from them. */
export const MODEL_NAMES: readonly string[] = [
  'shelf-detector',
  'general-embedder',
  'invoice-ocr',
  'toxicity-classifier',
  'defect-segmenter',
  'ticket-router',
  'llama-3-support-lora',
  'product-tagger',
  'roof-damage-detector',
  'speech-to-text-de',
  'logo-detector',
  'ppe-detector',
  'reranker-base',
  'receipt-parser',
  'claims-summariser',
  'face-blur',
  'caption-writer',
  'intent-classifier',
  'layout-analyser',
  'pii-redactor',
];

/** Model types as Clarifai names them. */
export const MODEL_TYPES: readonly string[] = [
  'visual-classifier',
  'visual-detector',
  'text-to-text',
  'visual-embedder',
  'text-classifier',
  'multimodal-to-text',
];

/** Workflows; ids are made from them. */
export const WORKFLOW_NAMES: readonly string[] = [
  'detect-and-tag',
  'moderate-images',
  'ocr-then-extract',
  'rag-support',
  'summarise-meeting',
  'triage-claims',
  'count-products',
  'redact-then-store',
  'embed-and-index',
  'transcribe-calls',
  'rank-answers',
  'inspect-weld',
];

/** Modules; ids are made from them. */
export const MODULE_NAMES: readonly string[] = [
  'labeling-dashboard',
  'model-evaluation',
  'cost-report',
  'chat-playground',
  'drift-monitor',
];

/** Compute clusters. */
export const CLUSTER_NAMES: readonly string[] = [
  'aws-us-east-1',
  'aws-eu-central-1',
  'gcp-us-central1',
  'onprem-munich',
];

/** Nodepools. */
export const NODEPOOL_NAMES: readonly string[] = [
  'gpu-a10g',
  'gpu-l40s',
  'gpu-h100',
  'cpu-large',
  'spot-mixed',
];

/** Roles a person or a team can have. */
export const ROLES: readonly string[] = ['admin', 'contributor', 'viewer', 'team_contributor', 'org_admin'];

/** Sentences that notes and descriptions are made of. */
export const SENTENCES: readonly string[] = [
  'Tuned on the spring catalogue with hard negatives added.',
  'Rolled back after the evaluation of Tuesday showed a drop in recall.',
  'Requested by the retail team, see the ticket for the acceptance run.',
  'Keeps the confidence threshold of the previous release.',
  'Owner changes at the end of the quarter; ask the platform team.',
  'Inference settings: max_tokens 512, temperature 0.2, top_p 0.9.',
  'Prüfung durch Datenschutz abgeschlossen, keine Einwände.',
  'Labels were reviewed twice — disagreements below 2 %.',
  'Do not share outside the organisation before the launch.',
  'Uses the "eu-central" deployment while the new nodepool warms up.',
];
